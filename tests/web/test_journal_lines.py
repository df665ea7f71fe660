"""Whichever way an inquiry comes, its entry has a line in the journal; nothing else has one."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from comity.law.schema import INQUIRY_ACTS
from comity.records.record import Charge, Standing
from comity.store.sqlite.inquiries import approve_inquiry
from comity.store.sqlite.ledger import opened
from tests.store.journal_rows import kept
from tests.web.test_repeat import held
from tests.web.test_stream import arrive, following, must, subscribe
from tests.web.town import BUREAU, Line, Town, entries, record

DECIDED = {"disclosure", "refusal", "subscription opened"}


def check(town: Town) -> dict[int, dict[str, Any]]:
    """Lines by entry, after seeing that they stand beside the entries that decide, and agree."""
    reader = town.database.reader()
    lines = {int(line["index"]): line for line in kept(town.database)}
    deciding = {}
    for index in range(entries(town)):
        entry = opened(reader, index)
        if entry.decision["kind"] in DECIDED:
            deciding[index] = entry
    assert lines.keys() == deciding.keys()
    for index, entry in deciding.items():
        line = lines[index]
        assert line["outcome"] == entry.decision["outcome"]
        assert line["purpose"] == entry.request["purpose"]
        assert line["approved"] == entry.request["approved"]
        ruled = {
            INQUIRY_ACTS[act] for acts, permitted, *_ in line["ruled"] if permitted for act in acts
        }
        assert {f"see {name}" for name in entry.decision["permitted"]} <= ruled
    return lines


def test_answers_refusals_and_repeats(town: Town) -> None:
    body = msgspec.json.encode(town.inquiry())
    first = town.send("POST", "/inquiries", body).json
    again = town.send("POST", "/inquiries", body).json
    assert again["entries"] == first["entries"]
    town.ask(query={"kind": "identifier", "record_id": "none"})
    town.ask(data_classes=["whereabouts"])
    town.memory.records["r-1"] = record(1, standing=Standing.SEALED)
    town.ask()
    lines = check(town)
    assert len(lines) == 4, "a repeat is no other decision"
    *_, nobody, _, sealed = lines.values()
    assert nobody["about"]["on_file"] is False
    assert sealed["about"]["standing"] == "sealed", "whatever the asker was told"


def test_lists_have_a_line_a_record(town: Town) -> None:
    town.memory.records["r-2"] = record(2, charges={"1": Charge("1", grade="F1")})
    for page in (1, 2):
        query = {"kind": "list", "sur_name": "Nemo", "page": page}
        town.ask(query=query, data_classes=["charges"])
    lines = check(town)
    assert {line["query"] for line in lines.values()} == {"list"}


def test_held_and_approved(town: Town) -> None:
    name = held(town)["inquiry_id"]
    town.write(lambda c: approve_inquiry(c, BUREAU, name, approve=True, made=town.made()))
    town.send("GET", f"/inquiries/{name}")
    lines = check(town)
    assert [line["approved"] for line in lines.values()] == [False, True]


def test_standing_inquiries_and_their_events(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        arrive(town, 1)
        await must(line)
        town.memory.records["r-1"] = record(1, standing=Standing.SEALED)
        arrive(town, 2)
        await asyncio.sleep(0.1)
        town.memory.records["r-1"] = record(1)
        arrive(town, 3)
        await must(line)

    following(town, story, name)
    lines = check(town)
    assert [line["query"] for line in lines.values()] == ["subscription"] * 4
    opened_, *events = lines.values()
    assert opened_["about"]["on_file"] is False, "the register was decided, and no record"
    assert [line["about"]["standing"] for line in events] == ["open", "sealed", "open"]
