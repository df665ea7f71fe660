"""The code on a notice, over the wire: what it opens, and that wrong ones learn nothing."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest

from comity.disclosure.opening_code import OpeningCode
from comity.ledger.opening import VerifiedOpening, verify_opening
from comity.ledger.policy import Policy, PolicyLog
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch
from comity.records.record import Identity, PersonId, RecordId
from comity.store.sqlite.append import size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.openings import make_code, revoke_code
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.standing import Expunction, expunge_records
from comity.web.openings import PER_ADDRESS
from tests.web.town import Reply, Town, record


def on_file(town: Town, number: int = 1) -> OpeningCode:
    """Put the record in memory on file too, and make the code of its person."""
    town.memory.records[f"r-{number}"] = record(number)
    booked = RecordEvent(
        "jail",
        f"b-{number}",
        "booked",
        town.now,
        RecordId(f"r-{number}"),
        PersonId(f"p-{number}"),
        Parts(identity=Identity(sur_name=f"Nemo{number}", given_name="Nina")),
    )
    batch = Batch([booked], ["1"], (), {})
    town.write(lambda c: take_in_batch(c, batch, town.now, town.draw))
    code: OpeningCode = town.write(lambda c: make_code(c, f"r-{number}", town.made()))[0]
    return code


def send(town: Town, code: object, **more: Any) -> Reply:
    return town.send("POST", "/openings", {"code": code, **more}, as_=None)


def verified(town: Town, reply: Reply, code: OpeningCode) -> VerifiedOpening:
    assert reply.status == 200, reply.body
    policy = Policy(logs=(PolicyLog(town.publisher.verifier_key),))
    return verify_opening(reply.json["file"].encode(), policy, code=code.stated)


def publish(town: Town) -> None:
    assert town.publisher.publish(town.now) is not None


def test_everything_about_oneself_and_nothing_else(town: Town) -> None:
    code = on_file(town)
    town.memory.records["r-2"] = record(2)
    asked = town.ask().json["entries"][0]["index"]
    town.ask(query={"kind": "identifier", "record_id": "r-2"})
    publish(town)
    reply = send(town, code.text.lower())
    found = verified(town, reply, code)
    told = {one["index"]: one for one in reply.json["entries"]}
    assert list(told) == [one.index for one in found.receipts] == [asked - 1, asked]
    assert told[asked]["agency"] == "XXBUR0100"
    assert reply.json["agencies"] == {"XXBUR0100": "The Bureau"}
    assert told[asked]["purpose"] == "criminal investigation"
    assert told[asked]["shown"] == ["charges", "existence", "identity"]
    assert told[asked]["outcome"] == "permit"
    assert told[asked]["clauses"]
    assert reply.json["later"] == 1
    values = repr([one.values for one in found.receipts])
    assert "Nemo1" in values
    assert "Nemo2" not in values
    assert "Nemo" not in repr(reply.json["entries"]), "in words: which classes, not what they say"
    assert reply.headers["cache-control"] == "no-store"


def test_each_use_is_an_entry_about_them(town: Town) -> None:
    code = on_file(town)
    publish(town)
    before = size(town.database.reader())
    send(town, code.text)
    entry = opened(town.database.reader(), before)
    assert (entry.decision["kind"], entry.decision["of"]) == ("opening", "subject")
    assert "p-1" not in repr((entry.request, entry.decision))
    publish(town)
    again = send(town, code.text).json["entries"]
    assert [one["kind"] for one in again] == ["opening code made", "opening"]


def test_wrong_revoked_and_expunged_codes_are_told_apart_by_nothing(town: Town) -> None:
    revoked, expunged = on_file(town, 1), on_file(town, 2)
    publish(town)
    town.write(lambda c: revoke_code(c, "r-1", town.made()))
    order = Expunction(("r-2",), "CP-51-MD-1", "custodian", town.now)
    town.write(lambda c: expunge_records(c, order, town.draw))
    before = size(town.database.reader())
    replies = [send(town, code.text) for code in (revoked, expunged, OpeningCode(77))]
    assert {reply.status for reply in replies} == {404}
    assert len({reply.body for reply in replies}) == 1
    assert len({str(sorted(reply.headers.items())) for reply in replies}) == 1
    assert size(town.database.reader()) == before


def test_attempts_are_limited_and_come_back(town: Town) -> None:
    code = on_file(town)
    publish(town)
    for _ in range(PER_ADDRESS):
        assert send(town, OpeningCode(1).text).status == 404
    limited = send(town, code.text)
    assert (limited.status, limited.json["type"]) == (429, "/problems/too-many-requests")
    assert "127.0.0.1" not in limited.body.decode()
    town.now = type(town.now)(town.now + 1000 * int(limited.headers["retry-after"]))
    assert send(town, code.text).status == 200


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        (b"", "malformed-inquiry"),
        (b"{}", "malformed-inquiry"),
        (b'{"code":5}', "malformed-inquiry"),
        (b'{"code":"\xff"}', "malformed-inquiry"),
        (b'{"code":"7M3Q","more":1}', "malformed-inquiry"),
        (b'{"code":"7M3Q"}', "unusable-inquiry"),
        (b'{"code":"' + b"0" * 23 + b'1"}', "unusable-inquiry"),
        (b'{"code":"' + b"0" * 300 + b'"}', "body-too-large"),
    ],
)
def test_what_is_no_code(town: Town, body: bytes, kind: str) -> None:
    publish(town)
    before = size(town.database.reader())
    reply = town.send("POST", "/openings", body, as_=None)
    assert reply.json["type"] == f"/problems/{kind}"
    assert b"00000000" not in reply.body
    assert size(town.database.reader()) == before


def test_before_the_first_checkpoint_nothing_is_opened_or_entered(town: Town) -> None:
    code = on_file(town)
    before = size(town.database.reader())
    reply = send(town, code.text)
    assert (reply.status, reply.json["type"]) == (503, "/problems/receipt-not-ready")
    assert size(town.database.reader()) == before


def test_a_ledger_that_cannot_be_written_opens_nothing(town: Town) -> None:
    code = on_file(town)
    publish(town)
    town.database.close()
    reply = send(town, code.text)
    assert reply.status == 503
    assert b"Nemo" not in reply.body


def test_no_log_line_holds_a_code(town: Town, caplog: pytest.LogCaptureFixture) -> None:
    code = on_file(town)
    publish(town)
    caplog.set_level(logging.DEBUG)
    for text in (code.text, OpeningCode(9).text, code.text[:-1] + "U"):
        reply = send(town, text)
        if reply.status != 200:
            assert text not in json.dumps(reply.json)
    for text in (code.text, OpeningCode(9).text):
        assert text not in caplog.text
        assert text.replace("-", "") not in caplog.text
