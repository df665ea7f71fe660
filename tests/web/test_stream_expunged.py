"""An expungement reaches open lines: one that is left with nobody ends, another goes on without them."""

from __future__ import annotations

from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import suspend_agency
from comity.store.sqlite.standing import Expunction, expunge_records
from tests.web.test_stream import STANDING, arrive, entries, following, must, subscribe
from tests.web.town import BUREAU, Line, Town, record


def expunge(town: Town, record_id: str) -> None:
    order = Expunction((record_id,), "CP-1", "custodian", town.now)
    town.write(lambda c: expunge_records(c, order, town.draw))


def test_an_expungement_ends_a_line_that_follows_nobody_else(town: Town) -> None:
    name = subscribe(town)

    async def story(line: Line) -> None:
        arrive(town, 1)
        await must(line)
        expunge(town, "r-1")
        del town.memory.records["r-1"]
        town.gateway.bell.ring()
        arrive(town, 2)
        closed = await must(line, "closed")
        assert closed["data"]["reason"] == "what it asks about is no longer on file"

    following(town, story, name)
    assert town.send("GET", f"/subscriptions/{name}/events").status == 409
    listed = town.send("GET", "/subscriptions").json
    assert "what it asks about is no longer on file" in repr(listed)


def test_an_expungement_cuts_a_line_and_no_later_entry_names_who_is_gone(town: Town) -> None:
    town.memory.records["r-2"] = record(2)
    name = subscribe(town, query=STANDING | {"record_ids": ["r-1", "r-2"]})

    async def story(line: Line) -> None:
        arrive(town, 1, of="r-2")
        await must(line)
        expunge(town, "r-1")
        del town.memory.records["r-1"]
        arrive(town, 2, of="r-2")
        assert (await must(line))["id"] == "2"
        town.write(lambda c: suspend_agency(c, BUREAU, "an audit", town.made()))
        town.gateway.bell.ring()
        arrive(town, 3, of="r-2")
        closed = await must(line, "closed")
        assert "suspended" in closed["data"]["reason"]

    following(town, story, name)
    reader = town.database.reader()
    for index in range(entries(town)):
        assert "r-1" not in repr(opened(reader, index).subject), index
