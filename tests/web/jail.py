"""A town with an order about detainers, people in its jail and papers for them, for tests."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import Any

from comity.instant import Instant
from comity.law.lifecycle import Adopted
from comity.law.parse import parse_instrument
from comity.law.signing import sign_act
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch
from comity.records.record import (
    Charge,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
    Release,
)
from comity.store.sqlite.append import size
from comity.store.sqlite.law import record_act
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.records import take_in_batch
from tests.web.town import START, Reply, Town, private_key

ZONE = "America/New_York"
TEXT = Path(__file__).parent / "texts" / "town-custody.md"
LEAVES = Instant(START + 7_200_000)
PDF = b"%PDF-1.7\nnothing\n%%EOF\n"
HERE = "Nemo"
FACTS: dict[str, Any] = {
    "form": "I-247A",
    "issuer": "The Bureau",
    "signed_by": "deportation officer",
    "issued_on": "2018-08-30",
    "served": True,
    "box_1": True,
    "box_1_grounded": True,
    "box_2": False,
    "attached": ["I-200"],
}


def message(name: str = HERE, number: str = "m-1", **changes: Any) -> dict[str, Any]:
    """A detainer for somebody of that name."""
    facts = FACTS | {"named": {"sur_name": name, "given_name": "Nina", "birth_date": "1980-01-02"}}
    whole: dict[str, Any] = {
        "message_id": number,
        "officer": "a-1",
        "facts": facts | changes.pop("facts", {}),
        "document": b64encode(PDF).decode(),
        "media_type": "application/pdf",
    }
    return whole | changes


def book(town: Town, name: str = HERE, number: int = 1, **parts: Any) -> str:
    """Take somebody into custody; the number of the record."""
    news: dict[str, Any] = {
        "identity": Identity(sur_name=name, given_name="Nina", birth_date="1980-01-02"),
        "custody": Custody(CustodyStatus.IN_CUSTODY),
        "charges": (Charge("1", grade="M1"),),
        "release": Release(eligible_at=LEAVES),
    }
    event = RecordEvent(
        "jail", f"b-{name}-{number}", "booked", START, RecordId(f"r-{name}-{number}"),
        PersonId(f"p-{name}"), Parts(**(news | parts)),
    )  # fmt: skip
    town.write(lambda c: take_in_batch(c, Batch([event], ["1"], (), {}), town.now, town.draw))
    return event.record_id


CONVICTED = (Charge("1", grade="F1", disposition="convicted", disposed_at=START),)


def open_jail(town: Town) -> None:
    """Bring the order into force; answers need not wait for each other."""
    town.desk.time_zone = ZONE
    town.desk.even_seconds = 0.0
    text = parse_instrument(TEXT.read_bytes(), str(TEXT))
    act = Adopted(
        ref=text.ref, digest=text.digest, party="town", at=text.term.start, recorded_at=START
    )
    record_act(
        town.database,
        sign_act(act, private_key("town")),
        randomness=town.draw,
        recorded_at=START,
        text=text,
    )


def send(town: Town, body: dict[str, Any], **options: Any) -> Reply:
    return town.send("POST", "/custody/papers", body, **options)


def look(town: Town, number: str = "m-1", **options: Any) -> Reply:
    return town.send("GET", f"/custody/papers/{number}", **options)


def entries(town: Town) -> list[Any]:
    reader = town.database.reader()
    return [opened(reader, index) for index in range(size(reader))]
