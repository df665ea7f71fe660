"""An open page hears that something is new, and looks again without being a use of its session."""

from __future__ import annotations

import asyncio
from typing import Any

from comity.access.account import Role
from comity.web.pages.live import OPEN_MAX, Live
from tests.web.pages.house import TestHouse
from tests.web.town import Town


async def heard(live: Live, town: Town, count: int) -> list[bytes]:
    """The first messages of a connection while an inquiry is answered."""
    said: list[bytes] = []
    stream = live.events()
    said.append(await anext(stream))
    await asyncio.to_thread(town.ask)
    while len(said) < count:
        said.append(await asyncio.wait_for(anext(stream), 10))
    await stream.aclose()  # type: ignore[attr-defined] # an async generator
    return said


def test_a_new_entry_is_said_and_nothing_of_it(town: Town) -> None:
    house = TestHouse(town)
    live = Live(house.house, look_seconds=0.02)
    said = asyncio.run(heard(live, town, 2))
    assert said[0] == b"retry: 5000\n\n"
    kind, _, data = said[1].decode().strip().partition("\n")
    assert kind == "event: changed"
    assert data.removeprefix("data: ").isdecimal()
    assert live.open == 0


def test_so_many_connections_and_no_more(town: Town) -> None:
    live = Live(TestHouse(town).house)
    live.open = OPEN_MAX
    assert live.full


def test_looking_again_is_no_use_of_a_session(house: TestHouse) -> None:
    asked: list[bool] = []
    kept = house.sessions
    find = kept.find

    def noting(digest: bytes, at: Any, *, used: bool = True) -> Any:
        asked.append(used)
        return find(digest, at, used=used)

    kept.find = noting  # type: ignore[method-assign]
    officer = house.staff(Role.CUSTODY)
    assert officer.get("/console/custody").status_code == 200
    assert officer.get("/console/custody", **{"X-Comity-Refresh": "1"}).status_code == 200
    assert asked == [True, False]


def test_only_pages_that_change_by_themselves_carry_the_script(house: TestHouse) -> None:
    assert "live.js" in house.visitor().get("/").text
    assert "live.js" not in house.visitor().get("/about").text
