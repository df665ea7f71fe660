"""Acts of law: what parties do with a text, and the words for where it stands.

Source: DESIGN.md, "Law that runs"; docs/lifecycle.md. An act names one version of
one text by its digest, is signed by one party, and carries two instants: `at`, from
which it takes effect (signed by the party), and `recorded_at`, when the custodian
came to know it. Invariants: an act is never changed or withdrawn, only followed by
another; whether an act is in order depends on the text and the act alone, never on
other acts, so that acts may become known in any order.
Does not: verify signatures (`comity.law.signing`) or say what follows from the acts
(`comity.law.timeline`).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

from comity.errors import ComityError
from comity.instant import Instant, format_local
from comity.law.instrument import Instrument, Kind
from comity.law.period import period_at

EARLIEST: Final = Instant(-5_364_662_400_000)
"""1800-01-01T00:00Z. No act takes effect, or was recorded, before it."""
LATEST: Final = Instant(32_503_680_000_000)
"""3000-01-01T00:00Z. Nor at or after it: a date beyond is a mistake."""


class LawStatus(StrEnum):
    """Where one version of a text stands at an instant."""

    DRAFT = "draft"
    ADOPTED = "adopted"
    """Signed by all, and its term has not begun."""
    IN_FORCE = "in force"
    SUSPENDED = "suspended"
    NOT_RENEWED = "not renewed"
    """A period ended without the votes. A new adoption can bring it back."""
    EXPIRED = "expired"
    """Its term is over, for good."""
    REVOKED = "revoked"
    """A party ended it. A new adoption can bring it back."""
    SUPERSEDED = "superseded"
    """A later text took its place, for good."""


class Standing(msgspec.Struct, frozen=True):
    """The status of a version over [since, until); None is without bound, or not known yet."""

    ref: str
    status: LawStatus
    since: Instant | None
    until: Instant | None


class LawActInvalid(ComityError):
    """An act that its text does not provide for, or that would change nothing."""


class _Act(msgspec.Struct, frozen=True, kw_only=True, tag_field="act"):
    """What all acts share. `ref` and `digest` name the text, `signature` has 64 bytes."""

    ref: str
    digest: str
    party: str
    at: Instant
    recorded_at: Instant
    key_id: str = ""
    signature: bytes = b""


class Drafted(_Act, frozen=True, kw_only=True, tag="drafted"):
    """A party lays a text before the others. Nothing follows from it."""


class Adopted(_Act, frozen=True, kw_only=True, tag="adopted"):
    """A party signs the text. With the last signature that is needed it is adopted."""


class Voted(_Act, frozen=True, kw_only=True, tag="voted"):
    """A voter says whether the text goes on after `period_end`.

    A later vote of the same voter on the same period takes the place of the former.
    """

    period_end: Instant
    yes: bool


class Suspended(_Act, frozen=True, kw_only=True, tag="suspended"):
    """A party stops the text, from `at` until its own Resumed or, if given, `until`."""

    until: Instant | None = None


class Resumed(_Act, frozen=True, kw_only=True, tag="resumed"):
    """A party lifts what it suspended before `at`; never what another suspended."""


class Revoked(_Act, frozen=True, kw_only=True, tag="revoked"):
    """A party ends the text from `at`, and annuls every signature up to and at that instant."""


LawAct: TypeAlias = Drafted | Adopted | Voted | Suspended | Resumed | Revoked


def act_word(act: LawAct) -> str:
    """`adopted`, `voted`, …: the tag of an act."""
    return str(type(act).__struct_config__.tag)


def signers(instrument: Instrument) -> tuple[str, ...]:
    """The parties that must all sign, and of which each may suspend or revoke.

    Of an agreement its custodian and signatories. Any other text is enacted, not
    agreed: its custodian adopts it.
    """
    if instrument.kind is not Kind.AGREEMENT:
        return (instrument.custodian,)
    return tuple(
        party.id for party in instrument.parties if party.role in ("custodian", "signatory")
    )


def check_act(instrument: Instrument, act: LawAct) -> None:
    """Raises LawActInvalid where the text does not provide for this act."""
    if act.ref != instrument.ref or act.digest != instrument.digest:
        raise LawActInvalid(
            f"the act is upon {act.ref} of digest {act.digest[:12]}…, the text on file is"
            f" {instrument.ref} of digest {instrument.digest[:12]}…",
            where=act.ref,
            remedy="compare the texts with `comity law diff`; a changed text is a new version",
        )
    _check_dates(act)
    if isinstance(act, Voted):
        _check_vote(instrument, act)
        return
    if isinstance(act, Drafted):
        may = tuple(party.id for party in instrument.parties)
    else:
        may = signers(instrument)
    if act.party not in may:
        raise LawActInvalid(
            f"`{act.party}` may not do this; it is for {_or(may)}",
            where=act.ref,
            remedy="name the party by its id in the front matter",
        )
    if isinstance(act, Suspended) and act.until is not None and act.until <= act.at:
        raise LawActInvalid(
            "the suspension ends before it begins", where=act.ref, remedy="give a later --until"
        )


def _check_dates(act: LawAct) -> None:
    dates = [act.at, act.recorded_at]
    if isinstance(act, Voted):
        dates.append(act.period_end)
    elif isinstance(act, Suspended) and act.until is not None:
        dates.append(act.until)
    if not all(EARLIEST <= date < LATEST for date in dates):
        raise LawActInvalid("a date lies outside the years 1800 to 2999", where=act.ref)


def _check_vote(instrument: Instrument, act: Voted) -> None:
    renewal = instrument.renewal
    zone = instrument.term.time_zone
    if renewal is None:
        raise LawActInvalid(
            "this text is not renewed by votes",
            where=act.ref,
            remedy="end it with `comity law revoke`, or adopt a later version",
        )
    if act.party not in renewal.voters:
        raise LawActInvalid(
            f"`{act.party}` has no vote; the voters are {_or(renewal.voters)}", where=act.ref
        )
    running = period_at(renewal.first_end, zone, act.at)
    if act.period_end != running.end:
        raise LawActInvalid(
            f"a vote cast on {format_local(act.at, zone)} is on the period that ends on"
            f" {format_local(running.end, zone)}, not on {format_local(act.period_end, zone)}",
            where=act.ref,
            remedy="one vote carries one period, and is cast before its end and within it",
        )


def _or(words: tuple[str, ...]) -> str:
    return ", ".join(f"`{word}`" for word in words) or "nobody"
