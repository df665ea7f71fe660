"""A gateway that pads its log: receipts, repeats and the public pages, which tell no more than it."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from comity.cli.ledger_publish import make_ledger_key
from comity.cli.serve import gateway_of
from comity.cli.settings import SettingsInvalid, parse_settings
from comity.instant import Instant
from comity.ledger.padding import Pace
from comity.ledger.policy import Policy, PolicyLog
from comity.ledger.receipt import verify_receipt
from comity.store.padding import Padder, padding_held
from comity.store.sqlite.append import size
from comity.store.sqlite.database import Database
from comity.web.beat import Beat
from tests.web.town import Town, record

PACE = Pace(8, 60)
SETTINGS = 'custodian = "town"\ntime_zone = "America/New_York"\n'


def padded(town: Town) -> Beat:
    town.memory.records["r-1"] = record(1)
    town.gateway.padder = Padder(town.database, town.publisher, PACE, town.draw)
    return Beat(town.publisher, lambda: town.now, None, town.gateway.padder)


def shown(town: Town) -> int:
    found = town.publisher.size_shown()
    assert found is not None
    return found


def test_a_receipt_comes_with_the_period_and_a_repeat_is_the_same(tmp_path: Path) -> None:
    with Town(tmp_path) as town:
        beat = padded(town)
        beat.once()
        assert shown(town) % 8 == 0
        inquiry = town.inquiry()
        first = town.send("POST", "/inquiries", inquiry)
        told = first.json["entries"][0]
        index, commitment = told["index"], base64.b64decode(told["commitment"])
        beat.once()
        assert town.send("GET", f"/receipts/{index}").status == 503
        town.now = Instant(town.now + 60_000)
        beat.once()
        assert shown(town) % 8 == 0
        policy = Policy(logs=(PolicyLog(town.publisher.verifier_key),))
        reply = town.send("GET", f"/receipts/{index}")
        assert verify_receipt(reply.body, policy).commitment == commitment
        again = town.send("POST", "/inquiries", inquiry)
        assert again.json["entries"] == first.json["entries"]


def test_padding_is_nobodys_receipt(tmp_path: Path) -> None:
    with Town(tmp_path) as town:
        padded(town).once()
        last = size(town.database.reader()) - 1
        assert padding_held(town.database.reader())
        assert town.send("GET", f"/receipts/{last}").status == 404


def test_health_tells_no_more_than_the_log(tmp_path: Path) -> None:
    with Town(tmp_path) as town:
        beat = padded(town)
        beat.once()
        town.ask()
        told = town.send("GET", "/health", as_=None).json
        assert told["entries"] == told["published"] == shown(town)
        assert size(town.database.reader()) > shown(town)
        town.gateway.padder = None
        told = town.send("GET", "/health", as_=None).json
        assert told["entries"] == size(town.database.reader())


@pytest.mark.parametrize(("line", "pace"), [("", None), ('ledger_padding = "8 a minute"\n', PACE)])
def test_the_setting_is_off_unless_it_is_given(
    tmp_path: Path, line: str, pace: Pace | None
) -> None:
    settings = parse_settings(SETTINGS + line, tmp_path / "comity.toml")
    assert settings.ledger_padding == pace
    make_ledger_key(settings)
    with Database.open(tmp_path / "comity.db", create=True) as database:
        gateway = gateway_of(settings, database)
        assert gateway.publisher is not None
        assert (gateway.padder is not None) == (pace is not None)


def test_a_pace_that_is_none_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match=r"comity\.toml:3: `ledger_padding` is `often`"):
        parse_settings(SETTINGS + 'ledger_padding = "often"\n', tmp_path / "comity.toml")
