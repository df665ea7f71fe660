"""One person planted in every place of a database where somebody can be named, marked in each."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from comity.disclosure.decide import settle
from comity.disclosure.inquiry import (
    Asked,
    ByIdentifier,
    ByList,
    ByName,
    ByStanding,
    Inquirer,
    Inquiry,
    Ori,
    Query,
)
from comity.disclosure.process import Label, Process
from comity.disclosure.seal import Signed, request_part, seal_settled
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.law.vocabulary import DataClass, Purpose
from comity.ledger.append import Guard
from comity.ledger.entry import SealedEntry, seal
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch, Refused
from comity.records.message import encode_event
from comity.records.record import Charge, Identity, PersonId, Record, RecordId
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.inquiries import (
    Held,
    Subscription,
    approve_inquiry,
    fetch_approved,
    hold_inquiry,
    open_subscription,
)
from comity.store.sqlite.openings import make_code, use_code
from comity.store.sqlite.records import find_record, take_in_batch
from comity.store.sqlite.registry import Made, file_process
from comity.store.sqlite.standing import (
    Expunction,
    Recipient,
    expunge_records,
    set_standing,
    standing_event,
)
from tests.laws.shipped import law_of
from tests.ledger.samples import seeded
from tests.records.events import AT

LAW = law_of("philadelphia-pars-atf@1", "pennsylvania-chria@1")
DICE = seeded(15)
MADE = Made("clerk", AT, DICE)
ORI = "XXATF0000"
WHO = Identity(
    sur_name="Marker-Velm", given_name="Plantéda", birth_date="1991-02-03", state_id="SIDPLANT7"
)
ALIAS = Identity(sur_name="Aliasvelm", given_name="Plantéda", birth_date="1991-02-03")
RECORD = "PLANT-1"
MARKS = tuple(
    text.encode()
    for text in (
        "Marker-Velm",
        "MARKER-VELM",
        "markervelm",
        "Plantéda",
        "plantéda",
        "plante",
        "Plant\\u00e9da",
        "SIDPLANT7",
        "Aliasvelm",
        "aliasvelm",
        "PLANT-1",
        "PLANTED-DOCKET",
        "PLANTED-CASE",
    )
)
"""What may be in no file afterwards."""


def identity_event(
    number: int, who: Identity, record: str = RECORD, person: str = "p-planted", **more: Any
) -> RecordEvent:
    return RecordEvent(
        source="jail",
        event_id=f"{record}-{number}",
        verb=more.pop("verb", "booked"),
        occurred_at=Instant(AT - 1000 + number),
        record_id=RecordId(record),
        person_id=PersonId(person),
        parts=Parts(identity=who, charges=(Charge("1", "theft", "18 § 3929", "M1"),)),
        **more,
    )


class Planted:
    """A database with somebody in it, and somebody else beside them."""

    def __init__(self, database: Database) -> None:
        self.database = database
        other = Identity(sur_name="Otherone", given_name="Ida", birth_date="1970-01-01")
        self.take(identity_event(1, ALIAS), identity_event(2, WHO))
        self.take(identity_event(1, other, "OTHER-2", "p-other"))
        self.beside = self.ask(ByIdentifier(record_id="OTHER-2"), "OTHER-2")

    def write(self, job: Callable[..., Any]) -> Any:
        return self.database.write(job).result(20)

    def take(self, *events: RecordEvent, refused: tuple[Refused, ...] = ()) -> None:
        batch = Batch(list(events), [str(n) for n in range(len(events))], refused, {})
        self.write(lambda c: take_in_batch(c, batch, AT, DICE))

    def asked(self, query: Query, *, party: str = "us-atf") -> Asked:
        inquiry = Inquiry(
            "q-1",
            "o-1",
            Purpose.CRIMINAL_INVESTIGATION,
            (DataClass.IDENTITY, DataClass.CHARGES),
            query,
            case_number="PLANTED-CASE",
        )
        inquirer = Inquirer(Ori(ORI), "ATF", (party,), criminal_justice=True, officer="o-1")
        return Asked(inquiry, inquirer, None, None, None, approved=False, at=AT)

    def sealed(self, query: Query, *found: str, **more: str) -> tuple[SealedEntry, ...]:
        """What the gateway seals where an inquiry finds these records."""
        reader = self.database.reader()
        records = [find_record(reader, one) for one in found]
        candidates: list[Record] = [one for one in records if one is not None]
        assert len(candidates) == len(found)
        settled = settle(self.asked(query, **more), LAW, candidates)
        return seal_settled(settled, Signed("k", "n", "d"), DICE)

    def ask(self, query: Query, *found: str, **more: str) -> int:
        sealed = self.sealed(query, *found, **more)
        receipts = self.write(lambda c: append_entries(c, sealed))
        return int(receipts[0].index)

    def body(self, query: Query) -> bytes:
        return msgspec.json.encode(self.asked(query).inquiry)

    def hold(self, query: Query, name: str, *found: str) -> Held:
        held = Held(ORI, name, self.body(query), "k", "n", AT)
        sealed = self.sealed(query, *found)
        self.write(partial(hold_inquiry, sealed=sealed, guard=Guard(), body_digest="d", held=held))
        return held

    def approve(self, query: Query, name: str, *found: str) -> Held:
        held = self.hold(query, name, *found)
        self.write(partial(approve_inquiry, ori=ORI, inquiry_id=name, approve=True, made=MADE))
        return held

    def fetch(self, query: Query, name: str, *found: str) -> None:
        held = self.approve(query, name, *found)
        sealed = self.sealed(query, *found)
        self.write(partial(fetch_approved, sealed=sealed, guard=Guard(), held=held, at=AT))

    def subscribe(self, query: ByStanding, name: str) -> None:
        asked = self.asked(query)
        sealed = seal(
            subject={"terms": msgspec.to_builtins(query), "case_number": "PLANTED-CASE"},
            content={"disclosed": {}},
            request=request_part(asked, Signed("k", "n", "d")),
            decision={"kind": "subscription opened"},
            randomness=DICE,
        )
        subscription = Subscription(ORI, name, self.body(query), "k", "n", AT, 0)
        self.write(
            partial(
                open_subscription,
                sealed=sealed,
                guard=Guard(),
                body_digest="d",
                subscription=subscription,
            )
        )

    def file(self, person: NamedPerson, name: str = "W-1") -> None:
        paper = Process(
            name, Label.WARRANT, "a court", AT, docket="PLANTED-DOCKET", named_person=person
        )
        self.write(lambda c: file_process(c, paper, MADE))

    def quarantine(self, *bodies: bytes) -> None:
        refused = tuple(Refused("jail", f"f:{n}", "why", body) for n, body in enumerate(bodies))
        self.take(refused=refused)

    def seal_record(self) -> None:
        told = standing_event(RECORD, "p-planted", "sealed", "PLANTED-DOCKET", AT)
        self.write(lambda c: set_standing(c, told, AT, DICE))

    def open_by_code(self) -> None:
        code, _ = self.write(lambda c: make_code(c, RECORD, MADE))
        self.write(lambda c: use_code(c, code, AT, DICE))

    def expunge(self, *records: str) -> tuple[Recipient, ...]:
        order = Expunction(records or (RECORD,), "ORDER-9", "custodian", AT)
        told: tuple[Recipient, ...] = self.write(lambda c: expunge_records(c, order, DICE))
        assert self.database.purge_journal().result(20)
        return told

    def on_disk(self) -> bytes:
        folder = self.database.path.parent
        return b"".join(file.read_bytes() for file in sorted(folder.glob("comity.db*")))

    def left(self, *but: bytes) -> list[bytes]:
        """Which marks are in a byte of a file."""
        held = self.on_disk()
        return [mark for mark in MARKS if mark in held and mark not in but]


BY_NAME = ByName("MARKER-VELM", "plantéda", "1991-02-03")
BY_NAME_ALONE = ByName("Marker-Velm", "Plantéda")
BY_NUMBER = ByIdentifier(record_id=RECORD)
BY_STATE_ID = ByIdentifier(state_id="SIDPLANT7")
NAMED = NamedPerson("Marker-Velm", "Plantéda", "1991-02-03")
STRAY = identity_event(9, WHO)
CUT_OFF = encode_event(STRAY)[:-9]

PLACES: dict[str, Callable[[Planted], object]] = {
    "a record and its events": lambda _: None,
    "answered": lambda p: p.ask(BY_NAME, RECORD),
    "refused": lambda p: p.ask(BY_NUMBER, RECORD, party="stranger"),
    "refused with somebody else": lambda p: p.ask(BY_STATE_ID, RECORD, "OTHER-2", party="stranger"),
    "nobody found by name": lambda p: p.ask(BY_NAME),
    "nobody found by name alone": lambda p: p.ask(BY_NAME_ALONE),
    "nobody found by a former name": lambda p: p.ask(ByName("ALIASVELM", "Planteda")),
    "nobody found by number": lambda p: p.ask(BY_NUMBER),
    "nobody found by state id": lambda p: p.ask(BY_STATE_ID),
    "nobody found by surname": lambda p: p.ask(ByList(sur_name="Marker-Velm")),
    "held by name": lambda p: p.hold(BY_NAME, "i-1"),
    "held by number": lambda p: p.hold(BY_NUMBER, "i-1", RECORD),
    "held by surname": lambda p: p.hold(ByList(sur_name="Marker-Velm"), "i-1", RECORD),
    "approved": lambda p: p.approve(BY_NAME, "i-1", RECORD),
    "approved and fetched": lambda p: p.fetch(BY_STATE_ID, "i-1", RECORD),
    "subscribed": lambda p: p.subscribe(ByStanding(record_ids=(RECORD,)), "s-1"),
    "subscribed by state id": lambda p: p.subscribe(ByStanding(state_ids=("SIDPLANT7",)), "s-1"),
    "subscribed with another": lambda p: p.subscribe(
        ByStanding(record_ids=(RECORD, "OTHER-2"), state_ids=("SIDPLANT7",)), "s-1"
    ),
    "process by name": lambda p: p.file(NAMED),
    "process by state id": lambda p: p.file(NamedPerson("X", "Y", None, "SIDPLANT7")),
    "sealed by a docket": lambda p: p.seal_record(),
    "opened by a code": lambda p: p.open_by_code(),
    "quarantined by number": lambda p: p.quarantine(encode_event(STRAY)),
    "quarantined and unreadable": lambda p: p.quarantine(CUT_OFF, b"x PLANT-1 Marker-Velm"),
    "quarantined under another number": lambda p: p.quarantine(
        b'{"record_id":"P-9","sur_name":"Marker-Velm","given_name":"Plant\xc3\xa9da"}',
        b"a row of SIDPLANT7",
    ),
}
"""How somebody gets into the files, one way each."""
