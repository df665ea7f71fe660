"""What follows custody in one record: disposition, and orders to seal, hide or expunge.

Source: 18 Pa.C.S. 9122 (expungement where there is no conviction) and 9122.1
(limited access) for the kinds of order; how many and when is assumed
(`figures.json`). Invariants: an order comes after the end of the case and of
custody, with a docket number; an expungement is the last thing told.
"""

from __future__ import annotations

from typing import Final

from comity.city.dice import Dice
from comity.city.figures import Figures
from comity.city.plan import DAY_MS, HOUR_MS, Plan, after_days, later
from comity.city.stay import Stay
from comity.city.trail import TRIAL_COURT, order_docket
from comity.instant import Instant
from comity.records.event import Parts
from comity.records.record import Appearance

CONVICTED: Final = frozenset({"convicted", "guilty plea", "nolo contendere"})

_AT_RELEASE: Final = 0.6
"""Share of jail stays that end with the case (assumed)."""


def tell_court(figures: Figures, dice: Dice, stay: Stay) -> None:
    """Tell how the case ends and what orders follow."""
    plan = stay.plan
    convicted = False
    over_at = stay.left_at
    if plan.charged_at is not None and plan.arraigned_at is not None:
        disposition = dice.share(figures.disposition)
        convicted = disposition in CONVICTED
        disposed_at = _disposed_at(figures, dice, stay, plan.arraigned_at)
        charges = plan.offences
        if len(charges) > 1 and dice.chance(figures.charge_changed):
            changed_at = Instant((plan.arraigned_at + disposed_at) // 2)
            dropped = Parts(charges_dropped=(str(len(charges)),))
            stay.trail.tell("charged", changed_at, dropped)
            charges = charges[:-1]
        # A plea ends the lead charge; what stands beside it is withdrawn.
        outcome = [disposition] + ["withdrawn" if convicted else disposition] * (len(charges) - 1)
        stay.trail.tell(
            "disposed",
            disposed_at,
            Parts(
                charges=tuple(
                    offence.charge(
                        number,
                        status="disposed",
                        filed_at=plan.charged_at,
                        disposition=outcome[number - 1],
                        disposed_at=disposed_at,
                    )
                    for number, offence in enumerate(charges, start=1)
                ),
                appearances=(Appearance("3", "disposition", disposed_at, TRIAL_COURT),),
            ),
        )
        over_at = max(over_at, disposed_at)
    if not convicted:
        _tell_orders(figures, dice, stay, over_at)
    if dice.chance(figures.hidden):
        _tell_hiding(dice, stay, plan)


def _disposed_at(figures: Figures, dice: Dice, stay: Stay, arraigned_at: Instant) -> Instant:
    jailed_at = stay.plan.jailed_at
    if jailed_at is not None and not stay.juvenile and dice.chance(_AT_RELEASE):
        # On the last day in jail, but not before the stay began.
        return Instant(max(jailed_at + HOUR_MS, stay.left_at - dice.between(1, 8) * HOUR_MS))
    return after_days(arraigned_at, dice, figures.disposition_days)


def _tell_orders(figures: Figures, dice: Dice, stay: Stay, over_at: Instant) -> None:
    trail = stay.trail
    lot = dice.unit()
    ordered_at = after_days(over_at, dice, figures.order_days)
    if lot < figures.expunged:
        trail.tell("expunged", ordered_at, authority=order_docket("EX", trail.record_id))
    elif lot < figures.expunged + figures.sealed:
        trail.tell("sealed", ordered_at, authority=order_docket("SL", trail.record_id))


def _tell_hiding(dice: Dice, stay: Stay, plan: Plan) -> None:
    """Hidden soon after the arrest, and in most cases restored; before any later order."""
    trail = stay.trail
    hidden_at = later(plan.booked_at, dice, 1 * HOUR_MS, 12 * HOUR_MS)
    trail.tell("hidden", hidden_at, authority=order_docket("HD", trail.record_id))
    if dice.chance(0.7):
        restored_at = later(hidden_at, dice, 12 * HOUR_MS, 2 * DAY_MS)
        trail.tell("restored", restored_at, authority=order_docket("RS", trail.record_id))
