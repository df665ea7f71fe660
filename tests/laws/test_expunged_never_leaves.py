"""Expunged never leaves: over any interleaving of arrival, expungement and inquiry.

Each example is a fresh database, a random history of one person's records, and an
inquiry after every step, as the gateway makes it: what the store finds is settled
under the shipped law and sealed.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from comity.disclosure.decide import settle
from comity.disclosure.inquiry import Asked, ByIdentifier, ByName, Inquirer, Inquiry, Ori, Query
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant
from comity.law.vocabulary import DataClass, Purpose
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch
from comity.records.record import Charge, Identity, PersonId, Record, RecordId
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import find_by_name, find_record, take_in_batch
from tests.laws.inquiries import AT
from tests.laws.shipped import law_of

LAW = law_of("philadelphia-pars-atf@1", "pennsylvania-chria@1")
RECORDS = ("r-1", "r-2")

steps = st.lists(
    st.tuples(
        st.sampled_from(RECORDS),
        st.sampled_from(("arrested", "charged", "expunged", "sealed", "restored", "corrected")),
    ),
    min_size=1,
    max_size=8,
)


def event(number: int, record: str, verb: str) -> RecordEvent:
    return RecordEvent(
        source="jail",
        event_id=str(number),
        verb=verb,  # type: ignore[arg-type] # words of the closed list
        occurred_at=Instant(AT + number),
        record_id=RecordId(record),
        person_id=PersonId("p-1"),
        parts=Parts(
            identity=Identity(sur_name="Velm", given_name="Oda"),
            charges=(Charge("1", f"MARKER of {record}", "18 § 2701", "M2"),),
        ),
        authority="docket",
    )


def asked(query: Query) -> Asked:
    return Asked(
        Inquiry(
            "q-1",
            "o-1",
            Purpose.CRIMINAL_INVESTIGATION,
            (DataClass.IDENTITY, DataClass.CHARGES),
            query,
            case_number="1",
        ),
        Inquirer(Ori("XXATF0000"), "ATF", ("us-atf",), criminal_justice=True, officer="o-1"),
        None,
        None,
        None,
        approved=False,
        at=AT,
    )


def disclosed(query: Query, found: tuple[Record, ...]) -> set[str]:
    """The records whose marker is among what would leave."""
    sealed = seal_settled(settle(asked(query), LAW, found), Signed("k", "n", "d"), bytes)
    content = b"".join(entry.parts[1] for entry in sealed)
    return {record for record in RECORDS if f"MARKER of {record}".encode() in content}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(steps)
def test_expunged_never_leaves(history: list[tuple[str, str]]) -> None:
    expunged: set[str] = set()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "comity.db"
        with Database.open(path, create=True) as database:
            for number, (record, verb) in enumerate(history):
                batch = Batch((event(number, record, verb),), (str(number),), (), {})
                database.write(
                    lambda connection, batch=batch: take_in_batch(connection, batch, AT, bytes)  # type: ignore[misc] # bound at once
                ).result()
                if verb == "expunged":
                    expunged.add(record)
                reader = database.reader()
                by_name = find_by_name(reader, "VELM", "oda", None, 10)
                left = disclosed(ByName("VELM", "oda"), by_name)
                for one in RECORDS:
                    held = find_record(reader, one)
                    left |= disclosed(ByIdentifier(record_id=one), () if held is None else (held,))
                assert not left & expunged
            database.purge_journal().result()
        bytes_on_disk = b"".join(file.read_bytes() for file in Path(folder).iterdir())
        for record in expunged:
            assert f"MARKER of {record}".encode() not in bytes_on_disk
