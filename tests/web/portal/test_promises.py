"""Promises: proved of the law that decides now, or not called proved."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest

from comity.errors import IntegrityFault
from comity.web.portal.proofs import FILE, read_proved
from tests.web.pages.house import Seen, TestHouse


def store(house: TestHouse, **changes: Any) -> None:
    law = house.town.desk.views.current().law(house.town.now).digest
    whole = {
        "form": 1,
        "law": law,
        "proved_at": "2018-08-31T10:00:00.000Z",
        "promises": [
            {
                "id": "no-address",
                "says": "Nobody is told where a person is held.",
                "verdict": "proved",
                "by": ["z3", "cvc5"],
            },
            {
                "id": "no-list",
                "says": "No list of everybody is given out.",
                "verdict": "broken",
                "counterexample": "the Bureau asks <for a list>",
                "clauses": [{"instrument": "town-bureau@1", "clause": "3", "title": "What"}],
            },
        ],
    } | changes
    place = Path(house.town.database.path).with_name(FILE)
    place.write_bytes(msgspec.json.encode(whole))


def test_where_nothing_was_proved_nothing_is_called_kept(house: TestHouse) -> None:
    text = Seen(house.visitor().get("/promises").text).text
    assert "Nothing has been proved on this installation yet" in text


def test_results_are_shown_with_what_breaks_a_promise(house: TestHouse) -> None:
    store(house)
    reply = house.visitor().get("/promises")
    seen = Seen(reply.text)
    assert ("span", {"class": "tag good"}) in seen.elements
    assert ("span", {"class": "tag stop"}) in seen.elements
    assert "by z3, cvc5" in seen.text
    assert "the Bureau asks <for a list>" in seen.text
    assert "of the law that decides now" in seen.text
    assert 'href="/agreements/town-bureau@1#clause-3"' in reply.text


def test_proofs_of_another_law_prove_nothing_now(house: TestHouse) -> None:
    store(house, law="0" * 64)
    seen = Seen(house.visitor().get("/promises").text)
    assert ("span", {"class": "tag good"}) not in seen.elements
    assert "The law has changed since the proofs" in seen.text


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"form":1}', b'{"form":9,"law":"","proved_at":"","promises":[]}']
)
def test_a_file_that_cannot_be_read_is_told(house: TestHouse, raw: bytes) -> None:
    place = Path(house.town.database.path).with_name(FILE)
    place.write_bytes(raw)
    with pytest.raises(IntegrityFault):
        read_proved(place)
    assert "cannot be read" in house.visitor().get("/promises").text
