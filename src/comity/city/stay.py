"""From an arrest to the end of custody, told as events (`comity.city.court` goes on).

Invariants: juveniles do not go to jail and no detainer is lodged on them; upon whom
one is lodged is a matter of lot alone; a hold ends with custody at the latest. What
happens is decided by `comity.city.plan`; the small shares here are assumed.
"""

from __future__ import annotations

from datetime import date
from typing import Final

import msgspec

from comity.city.charges import Offence
from comity.city.dice import Dice, Shares
from comity.city.figures import Figures
from comity.city.names import full_name, place, tracking_number
from comity.city.people import Person, age_at
from comity.city.plan import DAY_MS, HOUR_MS, MINUTE_MS, Plan, later
from comity.city.trail import (
    ARRAIGNMENT_COURT,
    COURT_ORI,
    ICE_ORI,
    INTAKE,
    JAILS,
    POLICE_ORI,
    SHERIFF_ORI,
    TRIAL_COURT,
    YOUTH,
    Trail,
)
from comity.instant import Instant
from comity.records.event import Parts
from comity.records.record import (
    Appearance,
    Arrest,
    Bystander,
    Charge,
    Custody,
    CustodyStatus,
    Hold,
    RecordId,
    Release,
)

_BAIL: Final = {
    "F1": "100000.00",
    "F2": "50000.00",
    "F3": "25000.00",
    "F": "25000.00",
    "M1": "10000.00",
    "M2": "5000.00",
    "M3": "2500.00",
    "M": "2500.00",
    "S": "1000.00",
    "IC": "5000.00",
}
_OTHER_HOLDS: Final = (
    ("court order", COURT_ORI),
    ("judicial warrant", SHERIFF_ORI),
    ("judicial warrant", COURT_ORI),
)
_MOVE_EVERY_DAYS: Final = 25
_MOVES_MAX: Final = 10


class Stay(msgspec.Struct, frozen=True):
    """From the arrest to the end of custody: what `comity.city.court` needs to go on."""

    trail: Trail
    plan: Plan
    juvenile: bool
    left_at: Instant


def tell_stay(
    figures: Figures,
    dice: Dice,
    record_id: RecordId,
    person: Person,
    plan: Plan,
    on: date,
    detained_share: float,
) -> Stay:
    """Tell the arrest, booking, charges, arraignment, jail and the end of custody.

    `on` is the local day of the arrest; `detained_share` the share of arrests upon
    which a detainer is lodged, whoever the person is.
    """
    trail = Trail(record_id, person)
    juvenile = age_at(person.born, on) < 18
    left_at = plan.left_at
    if juvenile and plan.jailed_at is not None and plan.arraigned_at is not None:
        left_at = Instant(plan.arraigned_at + 2 * HOUR_MS)
    _tell_arrest(figures, dice, trail, plan, on, juvenile)
    bailed = False
    if plan.charged_at is not None and plan.arraigned_at is not None:
        jailed = plan.jailed_at is not None and not juvenile
        bailed = _tell_charges(
            dice, trail, plan.offences, plan.charged_at, plan.arraigned_at, jailed, juvenile
        )
        if jailed and plan.jailed_at is not None:
            _tell_jail(figures, dice, trail, plan, plan.jailed_at)
    if not juvenile:
        _tell_holds(figures, dice, trail, plan, left_at, detained_share)
    left_at = _tell_leaving(figures, dice, trail, plan, left_at, juvenile, bailed)
    return Stay(trail, plan, juvenile, left_at)


def filed(offences: tuple[Offence, ...], at: Instant) -> tuple[Charge, ...]:
    """Charges as filed."""
    return tuple(
        offence.charge(number, status="filed", filed_at=at)
        for number, offence in enumerate(offences, start=1)
    )


def _cell(dice: Dice) -> str:
    return f"{dice.one('ABCDEFGH')}-{dice.between(1, 60):02d}"


def _tell_arrest(
    figures: Figures, dice: Dice, trail: Trail, plan: Plan, on: date, juvenile: bool
) -> None:
    person = trail.person
    trail.arrest_place = place(dice)
    arrest = Arrest(plan.arrested_at, POLICE_ORI, None, juvenile)
    bystanders: tuple[Bystander, ...] = ()
    if dice.chance(figures.with_victim):
        bystanders = tuple(
            Bystander(str(number), role, " ".join(reversed(full_name(dice))))
            for number, role in enumerate(("victim", "witness")[: dice.between(1, 2)], start=1)
        )
    trail.tell(
        "arrested",
        plan.arrested_at,
        Parts(
            identity=person.identity(),
            arrest=arrest,
            whereabouts=trail.whereabouts(),
            bystanders=bystanders,
        ),
    )
    trail.tell(
        "booked",
        plan.booked_at,
        Parts(
            identity=person.identity(on),
            birthplace=person.birthplace,
            contact=person.contact,
            arrest=msgspec.structs.replace(
                arrest, tracking_number=tracking_number(trail.record_id)
            ),
            custody=Custody(CustodyStatus.IN_CUSTODY, plan.booked_at),
            whereabouts=trail.whereabouts(YOUTH if juvenile else INTAKE, _cell(dice)),
        ),
    )
    trail.tell(
        "identified",
        later(plan.booked_at, dice, 10 * MINUTE_MS, 80 * MINUTE_MS),
        Parts(
            identity=person.identity(on, fingerprinted=True),
            convictions=() if juvenile else person.convictions,
        ),
    )
    if dice.chance(figures.corrected):
        trail.tell(
            "corrected",
            later(plan.booked_at, dice, 2 * HOUR_MS, 3 * HOUR_MS),
            Parts(contact=msgspec.structs.replace(person.contact, telephone=None)),
        )


def _tell_charges(
    dice: Dice,
    trail: Trail,
    offences: tuple[Offence, ...],
    charged_at: Instant,
    arraigned_at: Instant,
    jailed: bool,
    juvenile: bool,
) -> bool:
    """Tell charges and arraignment; whether money bail was set."""
    trail.tell("charged", charged_at, Parts(charges=filed(offences, charged_at)))
    hearing = Appearance(
        "2",
        "adjudicatory hearing" if juvenile else "preliminary hearing",
        Instant(arraigned_at + dice.between(10, 21) * DAY_MS),
        TRIAL_COURT,
    )
    bail = None
    if juvenile:
        first = Appearance("1", "juvenile detention hearing", arraigned_at, ARRAIGNMENT_COURT)
    else:
        bail = _BAIL.get(offences[0].grade) if jailed or dice.chance(0.4) else None
        conditions = "released on recognizance"
        if bail is not None:
            conditions = "ten per cent deposit"
        elif jailed:
            conditions = "held without bail"
        first = Appearance(
            "1", "preliminary arraignment", arraigned_at, ARRAIGNMENT_COURT, bail, conditions
        )
    trail.tell("arraigned", arraigned_at, Parts(appearances=(first, hearing)))
    return bail is not None


def _tell_jail(figures: Figures, dice: Dice, trail: Trail, plan: Plan, jailed_at: Instant) -> None:
    level = dice.share(figures.custody_level)
    trail.tell(
        "custody changed",
        jailed_at,
        Parts(
            custody=Custody(CustodyStatus.IN_CUSTODY, plan.booked_at, "DE", level),
            whereabouts=trail.whereabouts(dice.one(JAILS), _cell(dice)),
        ),
    )
    length = plan.left_at - jailed_at
    moves = min(_MOVES_MAX, 1 + int(length / DAY_MS / _MOVE_EVERY_DAYS))
    for _ in range(moves):
        trail.tell(
            "whereabouts changed",
            Instant(jailed_at + int(length * 0.98 * dice.unit()) + MINUTE_MS),
            Parts(whereabouts=trail.whereabouts(dice.one(JAILS), _cell(dice))),
        )
    if length > 20 * DAY_MS and dice.chance(0.4):
        trail.tell(
            "custody changed",
            Instant(jailed_at + length // 2),
            Parts(
                custody=Custody(
                    CustodyStatus.IN_CUSTODY,
                    plan.booked_at,
                    "DE",
                    dice.share(figures.custody_level),
                )
            ),
        )


def _tell_holds(
    figures: Figures,
    dice: Dice,
    trail: Trail,
    plan: Plan,
    left_at: Instant,
    detained_share: float,
) -> None:
    """Holds by lot: nothing about the person decides upon whom a detainer is lodged."""
    kinds = []
    if dice.chance(detained_share):
        kinds.append(("detainer", ICE_ORI))
    if plan.jailed_at is not None and dice.chance(figures.other_holds):
        kinds.append(dice.one(_OTHER_HOLDS))
    for number, (kind, issuer) in enumerate(kinds, start=1):
        open_ms = left_at - plan.booked_at
        placed_at = Instant(plan.booked_at + int(min(open_ms, 3 * DAY_MS) * 0.9 * dice.unit()))
        hold = Hold(str(number), issuer, kind, placed_at)
        trail.tell("hold placed", placed_at, Parts(holds=(hold,)))
        # Lifted by its issuer now and then, else when custody ends.
        lifted_at = Instant(left_at - MINUTE_MS)
        if dice.chance(0.3):
            lifted_at = Instant(placed_at + int((left_at - placed_at) * dice.unit()) + 1)
        lifted = msgspec.structs.replace(hold, lifted_at=lifted_at)
        trail.tell("hold lifted", lifted_at, Parts(holds=(lifted,)))


_REASONS: Final = Shares(
    {"bail posted": 0.4, "bail lowered": 0.3, "time served": 0.15, "charges ended": 0.15}
)


def _tell_leaving(
    figures: Figures,
    dice: Dice,
    trail: Trail,
    plan: Plan,
    left_at: Instant,
    juvenile: bool,
    bailed: bool,
) -> Instant:
    """Tell the end of custody; the instant may be later, where somebody `gone` reappears."""
    how = "released" if juvenile else plan.leaves_how
    if how == "gone":
        gone = Custody(CustodyStatus.GONE, left_at)
        trail.tell("gone", left_at, Parts(custody=gone, whereabouts=trail.whereabouts()))
        if not dice.chance(figures.reappeared):
            return left_at
        back_at = later(left_at, dice, 12 * HOUR_MS, 6 * DAY_MS)
        custody = Custody(
            CustodyStatus.IN_CUSTODY, back_at, "DE", dice.share(figures.custody_level)
        )
        where = trail.whereabouts(dice.one(JAILS), _cell(dice))
        trail.tell("reappeared", back_at, Parts(custody=custody, whereabouts=where))
        left_at = later(back_at, dice, 1 * DAY_MS, 30 * DAY_MS)
    if how == "transferred":
        moved = Custody(CustodyStatus.TRANSFERRED, left_at)
        trail.tell(
            "custody changed", left_at, Parts(custody=moved, whereabouts=trail.whereabouts())
        )
        return left_at
    if plan.charged_at is None:
        reason = "not charged"
    elif juvenile:
        reason = "to a parent or guardian"
    elif plan.jailed_at is None:
        reason = "bail posted" if bailed else "own recognizance"
    else:
        reason = dice.share(_REASONS)
    trail.tell(
        "released",
        left_at,
        Parts(
            custody=Custody(CustodyStatus.RELEASED, left_at),
            release=Release(left_at, reason),
            whereabouts=trail.whereabouts(left_from=INTAKE if plan.jailed_at is None else JAILS[0]),
        ),
    )
    return left_at
