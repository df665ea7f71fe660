"""Cases about a field of the record system: may that agency see it on that day?

Source: `docs/law-cases.md`, `database_access`. A field belongs to the data class that
disclosure's own table gives it, the agency to the party of an agreement, and the answer
is that of a live inquiry (`comity.disclosure.decide`) under the agreements as in force.
Invariants: a field about immigration or citizenship, and one that no record has, is NO_DATA;
what no agreement opens is DENY. A case asks whether the field is open at all, so whatever
it does not say is as a proper inquiry has it: `PROPER` says how. A text renewed by votes
counts as carried up to the period in which its `as_of` falls, since that is the last day
it knows of; nothing is carried beyond. Does not: read the register of a city, or decide
acts of the office.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, get_args, get_type_hints

import msgspec

from comity.disclosure.data_class import CLASS_OF
from comity.disclosure.decide import decide
from comity.disclosure.inquiry import Asked, ByName, Inquirer, Inquiry, Ori
from comity.instant import Instant, parse_local
from comity.law.in_force import Lapsed, clause_that_sets, law_in_force
from comity.law.instrument import ClauseRef, Instrument
from comity.law.lifecycle import Adopted, LawAct, LawStatus, Standing, Voted, signers
from comity.law.period import period_at
from comity.law.timeline import begins_at, timeline
from comity.law.vocabulary import DataClass, Purpose, see
from comity.records.record import Charge, Custody, CustodyStatus, PersonId, Record, RecordId
from comity.records.reject import is_rejected

PROPER: Final[Mapping[str, Any]] = {
    "purpose": Purpose.CRIMINAL_INVESTIGATION,
    "case_number": "1",
    "approved": True,
}
"""An officer of the agency itself investigates a crime and asks for one person by name, under
the number of a case, with the custodian's approval where a text wants one, on no process.
Whatever of this an agreement demands is there, so that a refusal is about the field."""

RECORD: Final = Record(
    RecordId("case"),
    PersonId("case"),
    charges={"1": Charge("1", grade="F3")},
    custody=Custody(CustodyStatus.IN_CUSTODY),
)
"""An open record of an adult in custody, charged with a felony of the third degree."""

CALLED: Final[Mapping[str, str]] = {
    "place of birth": "birthplace",
    "country of birth": "birthplace",
    "home address": "contact",
    "arrest charge": "charges",
    "charge": "charges",
    "court date": "appearances",
    "upcoming court date": "appearances",
    "bail": "appearances",
    "custody status": "custody",
    "release date": "release",
    "conviction": "convictions",
    "criminal history": "convictions",
    "name": "identity",
    "victim": "bystanders",
    "victim name": "bystanders",
    "witness": "bystanders",
    "witness name": "bystanders",
}
"""What people call a field, where a record has another name for it; names of parts by themselves,
and of the fields within a part, need no entry."""

_NOT_BEGUN: Final = (LawStatus.DRAFT, LawStatus.ADOPTED)
_LAPSED: Final[Mapping[LawStatus, str]] = {
    LawStatus.NOT_RENEWED: "expired",
    LawStatus.EXPIRED: "expired",
    LawStatus.SUPERSEDED: "superseded",
}


class Access(msgspec.Struct, frozen=True):
    """What came of it, in the words of tables."""

    tokens: tuple[str, ...]
    clauses: tuple[ClauseRef, ...]
    why: str


def access(conditions: Mapping[str, Any], at: Instant, texts: Sequence[Instrument]) -> Access:
    """Whether the field of a case may be seen. `conditions` has a `field`.

    `texts` are the agreements that count for the case, in whatever state they are at `at`.
    """
    named = str(conditions["field"]).replace("_", " ").casefold()
    data_class = class_of(named)
    if data_class is None:
        return Access(("NO_DATA",), (), f"a record has no field for `{named}`")
    purpose = _purpose(conditions.get("purpose"))
    if purpose is None:
        return Access(("DENY",), (), f"`{conditions['purpose']}` is no purpose of an inquiry")
    party = _party(str(conditions.get("requester", "")), texts)
    standings = {ref: _at(line, at) for ref, line in _timelines(texts).items()}
    force = [one for one in texts if standings[one.ref].status is LawStatus.IN_FORCE]
    own = [one for one in texts if party is not None and _opens_to(one, party)]
    if own and all(standings[one.ref].status in _NOT_BEGUN for one in own):
        return Access(("NOT_IN_FORCE",), (), "no agreement with that agency had begun")
    law = law_in_force(force, _lapsed(own, standings))
    decision = decide(_asked(party, data_class, purpose, conditions, at), law, RECORD)
    ruling = next((one for one in decision.rulings if one.act == see(data_class)), None)
    clauses = decision.clauses if ruling is None or not ruling.clauses else ruling.clauses
    if data_class in decision.permitted:
        return Access(("MAY",), clauses, "")
    ended = sorted(
        (standings[one.ref].since or 0, _LAPSED[standings[one.ref].status])
        for one in own
        if standings[one.ref].status in _LAPSED
    )
    if ended and not any(one in force for one in own):
        return Access(("DENY", f"reason:{ended[-1][1]}"), clauses, decision.reason or "")
    return Access(("DENY",), clauses, decision.reason or "")


def class_of(named: str) -> DataClass | None:
    """The data class of a field as people name it; None where no record has such a field."""
    if is_rejected(named, hold_birthplace=True):
        return None
    words = named.strip()
    singular = words.removesuffix("s")
    part = CALLED.get(words) or CALLED.get(singular) or _part(words.replace(" ", "_"))
    return CLASS_OF.get(part) if part is not None else None


def _part(name: str) -> str | None:
    """The part of a record that has this name, or a field of this name that no other part has."""
    if name in CLASS_OF:
        return name
    within = [part for part, fields in _FIELDS.items() if name in fields]
    return within[0] if len({CLASS_OF[part] for part in within}) == 1 else None


def _fields() -> Iterator[tuple[str, frozenset[str]]]:
    hints = get_type_hints(Record)
    for part in CLASS_OF:
        kinds = [hints[part], *get_args(hints[part])]
        structs = [
            one for one in kinds if isinstance(one, type) and issubclass(one, msgspec.Struct)
        ]
        yield part, frozenset(name for one in structs for name in one.__struct_fields__)


_FIELDS: Final[Mapping[str, frozenset[str]]] = dict(_fields())


def _purpose(written: Any) -> Purpose | None:
    if written is None:
        return Purpose(PROPER["purpose"])
    words = str(written).replace("_", " ")
    if "immigration" in words:  # tables also write `civil_immigration`, `immigration_enforcement`
        return Purpose.CIVIL_IMMIGRATION
    return Purpose(words) if words in {one.value for one in Purpose} else None


def _party(requester: str, texts: Iterable[Instrument]) -> str | None:
    """The party that a table calls `ICE`: `ice` or `us-ice`, also where a part of it asks."""
    handle = requester.casefold().replace("_", "-").replace(" ", "-").replace(".", "")
    first = handle.partition("-")[0]
    known = {party.id for text in texts for party in text.parties if party.role == "recipient"}
    for name in (handle, f"us-{handle}", first, f"us-{first}"):
        if name in known:
            return name
    return None


def _opens_to(text: Instrument, party: str) -> bool:
    return any(one.id == party and one.role == "recipient" for one in text.parties)


def _asked(
    party: str | None,
    data_class: DataClass,
    purpose: Purpose,
    conditions: Mapping[str, Any],
    at: Instant,
) -> Asked:
    number = None if conditions.get("case_number") is False else str(PROPER["case_number"])
    approved = conditions.get("approved", PROPER["approved"]) is True
    inquiry = Inquiry(
        "case", "officer", purpose, (data_class,), ByName("Sur", "Given"), case_number=number
    )
    inquirer = Inquirer(
        Ori("XX0000000"), party or "nobody", (party,) if party else (), True, "officer"
    )
    return Asked(inquiry, inquirer, None, None, None, approved, at)


def _lapsed(own: Iterable[Instrument], standings: Mapping[str, Standing]) -> Iterator[Lapsed]:
    for text in own:
        here = standings[text.ref]
        if here.status in _LAPSED and here.since is not None:
            keys = ("renewal", "term") if here.status is LawStatus.NOT_RENEWED else ("term",)
            yield Lapsed(text, here.status, here.since, clause_that_sets(text, keys))


def _timelines(texts: Iterable[Instrument]) -> Mapping[str, tuple[Standing, ...]]:
    """Every status of each text, signed by all when its term begins, and carried to `as_of`."""
    agreements = {text.ref: text for text in texts}
    lines = {ref: timeline(text, tuple(_acts(text))) for ref, text in agreements.items()}
    for text in agreements.values():
        begins = begins_at(lines[text.ref])
        if text.supersedes in agreements and begins is not None:
            former = agreements[text.supersedes]
            lines[former.ref] = timeline(former, tuple(_acts(former)), begins)
    return lines


def _acts(text: Instrument) -> Iterator[LawAct]:
    start = text.term.start
    for party in signers(text):
        yield Adopted(ref=text.ref, digest=text.digest, party=party, at=start, recorded_at=start)
    if text.renewal is None:
        return
    zone = text.term.time_zone
    known = parse_local(text.as_of, zone)
    end, last = (period_at(text.renewal.first_end, zone, one).end for one in (start, known))
    while end < last:
        before = Instant(end - 1)
        for party in text.renewal.voters[: text.renewal.quorum]:
            yield Voted(
                ref=text.ref,
                digest=text.digest,
                party=party,
                at=before,
                recorded_at=before,
                period_end=end,
                yes=True,
            )
        end = period_at(text.renewal.first_end, zone, end).end


def _at(line: Sequence[Standing], at: Instant) -> Standing:
    return next(one for one in line if one.until is None or at < one.until)
