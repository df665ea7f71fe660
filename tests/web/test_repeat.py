"""An inquiry id counts once; a repeat gets the same bytes or a conflict; approval opens once."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest

from comity.errors import NotFound
from comity.instant import Instant
from comity.records.record import Charge, Standing
from comity.store.sqlite.append import size
from comity.store.sqlite.inquiries import (
    REPEAT_MS,
    answered_inquiry,
    approve_inquiry,
    forget,
    held_inquiries,
)
from comity.store.sqlite.ledger import erase_personal, opened
from comity.web.notes import GATHER_SECONDS
from tests.web.town import BUREAU, END, START, Town, record


def entries(town: Town) -> int:
    return size(town.database.reader())


def slug(reply: Any) -> str:
    told: str = reply.json["type"]
    return told.removeprefix("/problems/")


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"data_classes": ["charges", "whereabouts"]},
        {"query": {"kind": "identifier", "record_id": "none"}},
        {"query": {"kind": "list", "sur_name": "Nemo", "page_size": 2}},
        {"purpose": "public housing"},
        {"data_classes": ["history"]},
    ],
)
def test_a_repeat_gets_the_same_bytes_and_no_new_entry(town: Town, changes: dict[str, Any]) -> None:
    town.memory.records |= {f"r-{n}": record(n) for n in (2, 3)}
    body = msgspec.json.encode(town.inquiry(**changes))
    first = town.send("POST", "/inquiries", body)
    before = entries(town)
    town.now = Instant(town.now + 5000)
    again = town.send("POST", "/inquiries", body)
    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert entries(town) == before


def test_a_repeat_is_refused_once_the_answer_would_be_another(town: Town) -> None:
    body = town.inquiry()
    first = town.send("POST", "/inquiries", body).json
    town.memory.records["r-1"].charges["2"] = Charge("2", description="fraud")
    reply = town.send("POST", "/inquiries", body)
    assert (reply.status, slug(reply)) == (409, "inquiry-already-answered")
    assert reply.json["entry"] == first["entries"][0]["index"]
    assert b"fraud" not in reply.body


def test_a_repeat_after_the_record_was_sealed_discloses_nothing(town: Town) -> None:
    body = town.inquiry()
    town.send("POST", "/inquiries", body)
    town.memory.records["r-1"] = record(1, standing=Standing.SEALED)
    reply = town.send("POST", "/inquiries", body)
    assert reply.status == 409
    assert b"theft" not in reply.body


def test_a_repeat_after_expungement_discloses_nothing(town: Town) -> None:
    body = town.inquiry()
    town.send("POST", "/inquiries", body)
    town.write(lambda c: erase_personal(c, "p-1"))
    assert town.send("POST", "/inquiries", body).status == 409


def test_a_repeat_across_the_end_of_the_term_is_a_conflict(town: Town) -> None:
    town.now = Instant(END - 1)
    body = town.inquiry()
    assert town.send("POST", "/inquiries", body).status == 200
    town.now = END
    assert town.send("POST", "/inquiries", body).status == 409


def test_another_body_under_the_same_id_is_a_conflict(town: Town) -> None:
    body = town.inquiry()
    town.send("POST", "/inquiries", body)
    before = entries(town)
    reply = town.send("POST", "/inquiries", body | {"data_classes": ["custody"]})
    assert (reply.status, slug(reply)) == (409, "inquiry-already-answered")
    assert "another body" in reply.json["detail"]
    assert entries(town) == before


def test_another_agency_may_use_the_same_id(town: Town) -> None:
    body = town.inquiry()
    town.send("POST", "/inquiries", body)
    assert town.send("POST", "/inquiries", body | {"officer": "o-1"}, as_="other").status == 200


def test_a_repeat_is_answered_for_some_minutes_only(town: Town) -> None:
    body = town.inquiry()
    town.send("POST", "/inquiries", body)
    town.now = Instant(town.now + REPEAT_MS)
    assert town.send("POST", "/inquiries", body).status == 200
    town.now = Instant(town.now + 1)
    reply = town.send("POST", "/inquiries", body)
    assert reply.status == 409
    assert "longer ago" in reply.json["detail"]


def test_the_digest_of_a_body_is_forgotten(town: Town) -> None:
    """It would outlive an expungement, and a guessed body could be tried against it."""
    inquiry = town.inquiry()
    town.send("POST", "/inquiries", inquiry)
    _noted(town, inquiry["inquiry_id"])
    town.write(lambda c: forget(c, Instant(START + REPEAT_MS + 1)))
    kept = answered_inquiry(town.database.reader(), BUREAU, inquiry["inquiry_id"])
    assert kept is not None
    assert kept.body_digest is None
    town.now = Instant(START + REPEAT_MS + 1)
    reply = town.send("POST", "/inquiries", inquiry)
    assert (reply.status, reply.json["entry"]) == (409, kept.first_entry)


def _noted(town: Town, inquiry_id: str) -> None:
    """Wait for the note, which is written after the answer."""
    for _ in range(200):
        if answered_inquiry(town.database.reader(), BUREAU, inquiry_id) is not None:
            return
        town.run(asyncio.sleep(0.02))
    raise AssertionError("the note was never written")


def test_a_lost_note_is_a_conflict_and_never_a_second_answer(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process died between entry and note: the guard in the ledger still holds."""
    monkeypatch.setattr("comity.web.notes.remember", _fails)
    inquiry = town.inquiry()
    assert town.send("POST", "/inquiries", inquiry).status == 200
    _drain(town)
    before = entries(town)
    reply = town.send("POST", "/inquiries", inquiry)
    assert reply.status == 409
    assert "its entry is in the ledger" in reply.json["detail"]
    assert "entry" not in reply.json
    assert entries(town) == before


def _fails(*_: Any) -> None:
    raise RuntimeError("lost")


def _drain(town: Town) -> None:
    town.run(asyncio.sleep(2 * GATHER_SECONDS))
    town.write(lambda _: None)


# Approval.


def held(town: Town) -> dict[str, Any]:
    inquiry = town.inquiry(data_classes=["history"])
    answer = town.send("POST", "/inquiries", inquiry).json
    assert answer["shown"][0]["withheld"][0]["outcome"] == "hold for approval"
    return inquiry


def look_up(town: Town, inquiry_id: str, **options: Any) -> Any:
    return town.send("GET", f"/inquiries/{inquiry_id}", **options)


def test_an_approved_inquiry_is_answered_when_it_is_fetched(town: Town) -> None:
    inquiry = held(town)
    (waiting,) = held_inquiries(town.database.reader())
    assert waiting.inquiry_id == inquiry["inquiry_id"]
    status = look_up(town, inquiry["inquiry_id"]).json
    assert status["approval"] == "awaited"
    assert "shown" not in status
    receipt = town.write(
        lambda c: approve_inquiry(c, BUREAU, waiting.inquiry_id, approve=True, made=town.made())
    )
    entry = opened(town.database.reader(), receipt.index)
    assert (entry.decision["kind"], entry.decision["approved"]) == ("approval", True)
    before = entries(town)
    answer = look_up(town, inquiry["inquiry_id"]).json
    assert answer["shown"][0]["data"]["history"]
    assert entries(town) == before + 1
    assert opened(town.database.reader(), before).request["approved"] is True
    assert held_inquiries(town.database.reader()) == ()


def test_an_approval_is_for_one_answer(town: Town) -> None:
    inquiry = held(town)
    name = inquiry["inquiry_id"]
    town.write(lambda c: approve_inquiry(c, BUREAU, name, approve=True, made=town.made()))
    assert "shown" in look_up(town, name).json
    town.now = Instant(town.now + REPEAT_MS)
    assert "shown" in look_up(town, name).json
    town.now = Instant(town.now + 1)
    assert "shown" not in look_up(town, name).json
    town.write(lambda c: forget(c, town.now))
    assert "shown" not in look_up(town, name).json


def test_an_approval_does_not_outlive_the_agreement(town: Town) -> None:
    name = held(town)["inquiry_id"]
    town.write(lambda c: approve_inquiry(c, BUREAU, name, approve=True, made=town.made()))
    town.now = END
    answer = look_up(town, name).json
    assert answer["outcome"] == "refuse"
    assert "shown" not in answer


def test_a_denied_inquiry_stays_denied(town: Town) -> None:
    name = held(town)["inquiry_id"]
    town.write(lambda c: approve_inquiry(c, BUREAU, name, approve=False, made=town.made()))
    assert "shown" not in look_up(town, name).json
    for approve in (True, False):
        with pytest.raises(NotFound):
            town.write(
                lambda c, a=approve: approve_inquiry(c, BUREAU, name, approve=a, made=town.made())
            )


def test_an_agency_sees_its_own_inquiries_only(town: Town) -> None:
    inquiry = town.inquiry()
    town.send("POST", "/inquiries", inquiry)
    status = look_up(town, inquiry["inquiry_id"]).json
    assert status["outcome"] == "permit"
    assert "shown" not in status
    assert status["entries"]
    assert look_up(town, inquiry["inquiry_id"], as_="other").status == 404
    assert look_up(town, "none").status == 404
