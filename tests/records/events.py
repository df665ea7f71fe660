"""Events for tests: a few hand-made ones and a Hypothesis strategy over all parts."""

from __future__ import annotations

from hypothesis import strategies as st

from comity.instant import Instant, parse_instant
from comity.records.event import Parts, RecordEvent
from comity.records.record import (
    Appearance,
    Arrest,
    Bystander,
    Charge,
    Contact,
    Conviction,
    Custody,
    CustodyStatus,
    Hold,
    Identity,
    PersonId,
    RecordId,
    Release,
    Whereabouts,
)

AT: Instant = parse_instant("2018-08-31T20:00:00Z")

instants = st.integers(AT - 10_000, AT).map(Instant)
words = st.sampled_from(("a", "b", "c"))
sequences = st.sampled_from(("1", "2"))


def tuples_of(one: st.SearchStrategy[object]) -> st.SearchStrategy[tuple[object, ...]]:
    return st.lists(one, max_size=2, unique_by=lambda part: part.sequence).map(tuple)  # type: ignore[attr-defined] # every part of a list has a sequence


parts = st.builds(
    Parts,
    identity=st.none() | st.builds(Identity, sur_name=words, given_name=words),
    birthplace=st.none() | words,
    contact=st.none() | st.builds(Contact, address=words),
    arrest=st.none() | st.builds(Arrest, arrested_at=instants),
    charges=tuples_of(st.builds(Charge, sequence=sequences, statute=words, filed_at=instants)),
    charges_dropped=st.lists(sequences, max_size=1).map(tuple),
    appearances=tuples_of(st.builds(Appearance, sequence=sequences, court=words, at=instants)),
    custody=st.none() | st.builds(Custody, status=st.sampled_from(CustodyStatus)),
    whereabouts=st.none() | st.builds(Whereabouts, cell=words),
    release=st.none() | st.builds(Release, released_at=instants),
    holds=tuples_of(st.builds(Hold, sequence=sequences, issuer=words, lifted_at=instants)),
    convictions=tuples_of(
        st.builds(Conviction, sequence=sequences, statute=words, convicted_at=instants)
    ),
    bystanders=tuples_of(st.builds(Bystander, sequence=sequences, role=words)),
)

VERBS = ("arrested", "booked", "charged", "custody changed", "sealed", "hidden", "restored")


@st.composite
def histories(draw: st.DrawFn) -> list[RecordEvent]:
    """Events of one record, each with an id of its own."""
    count = draw(st.integers(1, 6))
    return [
        RecordEvent(
            source=draw(words),
            event_id=f"e-{number}",
            verb=draw(st.sampled_from(VERBS)),
            occurred_at=draw(instants),
            record_id=RecordId("r-1"),
            person_id=PersonId(draw(words)),
            parts=draw(parts),
        )
        for number in range(count)
    ]


def event(
    verb: str = "booked", number: int = 1, record: str = "r-1", **more: object
) -> RecordEvent:
    """One event that is good in every respect."""
    return RecordEvent(
        **{  # type: ignore[arg-type] # each case names what differs
            "source": "jail",
            "event_id": f"e-{number}",
            "verb": verb,
            "occurred_at": Instant(AT + number),
            "record_id": RecordId(record),
            "person_id": PersonId("p-1"),
            "parts": Parts(
                identity=Identity(sur_name="Velm", given_name="Oda", state_id="00000017"),
                charges=(Charge("1", "Simple assault", "18 § 2701", "M2"),),
                custody=Custody(CustodyStatus.IN_CUSTODY),
            ),
            **more,
        }
    )
