"""A jail's desk for tests of the command line: two people in custody and an agency, 31 August 2018."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from comity.cli.main import run
from comity.instant import parse_local
from comity.records.event import Parts, RecordEvent
from comity.records.message import encode_event
from comity.records.record import (
    Charge,
    Custody,
    CustodyStatus,
    Identity,
    PersonId,
    RecordId,
)

Comity = Callable[..., tuple[int, str, str]]
ZONE = "America/New_York"
ICE = "DCICE0900"
MARSHALS = "PAUSM0001"
BOOKED = parse_local("2018-08-30T09:00", ZONE)
NIGHT = ("--at", "2018-08-31T02:00")
DAY = ("--at", "2018-08-31T17:00")
LATER = ("--at", "2018-08-31T19:00")
BY = ("--by", "desk-3")
PDF = b"%PDF-1.7\nnothing\n%%EOF\n"
DETAINER: dict[str, Any] = {
    "form": "DHS Form I-247A (2/17)",
    "issuer": "ICE",
    "signed_by": "deportation officer",
    "named": {"sur_name": "Nemo", "given_name": "Nina", "birth_date": "1980-01-02"},
    "issued_on": "2018-08-30",
    "served": True,
    "box_1": True,
    "box_1_grounded": True,
    "box_2": False,
    "attached": ["I-200"],
}
WARRANT: dict[str, Any] = {
    "form": "AO 442",
    "signed_by": "us magistrate judge",
    "court": "United States District Court, E.D. Pa.",
    "docket": "18-mj-1",
    "cites": "8 U.S.C. 1326",
    "named": DETAINER["named"],
    "issued_on": "2018-08-30",
}
CONVICTED = (Charge("1", grade="F1", violent=True, disposition="convicted", disposed_at=BOOKED),)
NEMO, OTHER = "r-1", "r-2"


def found_jail(comity: Comity) -> None:
    """Make the installation in the present folder."""
    assert run(["init"]) == 0
    text = Path("comity.toml").read_text("utf-8")
    Path("comity.toml").write_text(f"rehearsal_seconds = 1\n{text}", "utf-8")
    book(comity, NEMO, "Nemo")
    book(comity, OTHER, "Voss", charges=CONVICTED)
    for ori, party in ((ICE, "us-ice"), (MARSHALS, "us-marshals")):
        assert comity("agency", "add", ori, "--name", party.upper(), "--party", party)[0] == 0
    assert comity("law", "keygen", "city", "--out", "keys")[0] == 0
    adopt(comity, "philadelphia/executive-order-5-16.md")


def adopt(comity: Comity, path: str) -> None:
    """Bring a text into force."""
    key = ("--party", "city", "--key", "keys/city.pem", "--at", "2016-01-04")
    code, _, err = comity("law", "adopt", path, *key)
    assert code == 0, err


def book(comity: Comity, record: str, name: str, **parts: Any) -> None:
    """Take somebody into custody."""
    news: dict[str, Any] = {
        "identity": Identity(sur_name=name, given_name="Nina", birth_date="1980-01-02"),
        "custody": Custody(CustodyStatus.IN_CUSTODY),
        "charges": (Charge("1", grade="M1"),),
    }
    event = RecordEvent(
        "jail", f"b-{record}", "booked", BOOKED, RecordId(record), PersonId(f"p-{record}"),
        Parts(**(news | parts)),
    )  # fmt: skip
    Path("events.ndjson").write_bytes(encode_event(event))
    code, _, err = comity("ingest", "events.ndjson")
    assert code == 0, err


def facts(given: dict[str, Any], **changes: Any) -> str:
    """A file of facts; its name."""
    Path("facts.json").write_text(json.dumps(given | changes), "utf-8")
    return "facts.json"


def take_in(
    comity: Comity,
    paper: str = "d-1",
    record: str = NEMO,
    sender: str = ICE,
    given: dict[str, Any] = DETAINER,
    *more: str,
    **changes: Any,
) -> tuple[int, str, str]:
    """`comity custody intake`."""
    return comity(
        "custody", "intake", record, "--from", sender, "--facts", facts(given, **changes),
        "--id", paper, *BY, *NIGHT, *more,
    )  # fmt: skip
