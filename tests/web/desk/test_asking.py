"""The session in the place of a key: counts for its own visit, its own account, and nowhere else."""

from __future__ import annotations

from typing import Any

import pytest

from comity.access.account import Account, Role
from comity.errors import NotPermitted
from comity.instant import Instant
from comity.law.vocabulary import DataClass, ProcessKind, Purpose, QueryKind
from comity.store.sqlite.append import bump_generation, size
from comity.store.sqlite.ledger import opened
from comity.store.sqlite.registry import remove_officer
from comity.web.closed_words import CLASSES, CRITERIA, KINDS, OUTCOMES, PAPERS, PURPOSES
from comity.web.desk.asking import ASKED_PER_MINUTE, desk_with, key_of
from comity.web.pages.language import words
from tests.web.console.people import post
from tests.web.pages.house import Seen, TestHouse, Visitor
from tests.web.town import BUREAU, OTHER, Town


def sent(house: TestHouse, visitor: Visitor, number: int, **changes: Any) -> Any:
    fields = {
        "purpose": "criminal investigation",
        "by": "identifier",
        "inquiry_id": f"desk-{number:020x}",
        "record_id": "r-1",
        "classes": ["identity"],
    }
    return post(house, visitor, "/desk/ask", {**fields, **changes})


def analyst(handle: str, ori: Any = BUREAU, officer: str = "a-1") -> Account:
    return Account(handle, frozenset({Role.ANALYST}), Instant(0), ori, officer)


def test_a_key_is_of_one_account_and_says_nobodys_name() -> None:
    one, other = key_of(analyst("bo")), key_of(analyst("di"))
    assert one.key_id != other.key_id
    assert one.key_id.startswith("desk:")
    assert "bo" not in one.key_id.removeprefix("desk:")
    assert one.public_key == b""
    with pytest.raises(NotPermitted):
        key_of(Account("ann", frozenset({Role.RECORDS}), Instant(0)))


def test_it_counts_at_its_own_desk_alone(town: Town) -> None:
    mine, theirs = key_of(analyst("bo")), key_of(analyst("di", OTHER, "o-1"))
    at_desk = desk_with(town.desk, mine).views.current()
    assert at_desk.registry.key(mine.key_id, town.now) == mine
    assert at_desk.registry.key(theirs.key_id, town.now) is None
    assert town.desk.views.current().registry.key(mine.key_id, town.now) is None
    kept = town.desk.views.current().registry
    for key_id, key in kept.keys.items():
        assert at_desk.registry.key(key_id, town.now) == key
    assert at_desk.generation == town.desk.views.current().generation
    assert at_desk.law(town.now) is town.desk.views.current().law(town.now)


def test_a_law_that_moves_meanwhile_makes_it_decide_anew(house: TestHouse, town: Town) -> None:
    moved: list[int] = []

    def move() -> None:
        if len(moved) < 2:
            moved.append(1)
            town.write(bump_generation)

    town.memory.before_reading = move
    reply = sent(house, house.analyst(BUREAU), 1)
    assert reply.status_code == 200
    assert "Nemo1" in reply.text
    assert len(moved) == 2


def test_an_officer_who_left_the_roster_is_refused_with_an_entry(
    house: TestHouse, town: Town
) -> None:
    bo = house.analyst(BUREAU)
    town.write(lambda c: remove_officer(c, BUREAU, "a-1", town.made()))
    before = size(town.database.reader())
    reply = sent(house, bo, 1)
    assert reply.status_code == 200
    seen = Seen(reply.text).text
    assert "Refused" in seen
    assert "left the roster" in seen
    assert "Nemo1" not in seen
    assert opened(town.database.reader(), before).decision["outcome"] == "refuse"


def test_on_behalf_of_another_both_must_be_allowed(house: TestHouse, town: Town) -> None:
    bo = house.analyst(BUREAU)
    reply = sent(house, bo, 1, on_behalf_of=OTHER)
    assert "Nemo1" not in reply.text
    entry = opened(town.database.reader(), size(town.database.reader()) - 1)
    assert entry.request["on_behalf_of"] == {"ori": OTHER, "officer": None}


def test_one_analyst_has_a_share_and_cannot_use_up_anothers(house: TestHouse) -> None:
    bo, di = house.analyst(BUREAU), house.analyst(BUREAU, handle="di")
    for number in range(ASKED_PER_MINUTE):
        assert sent(house, bo, number).status_code == 200
    assert sent(house, bo, 999).status_code == 429
    assert sent(house, di, 1000).status_code == 200


def test_an_inquiry_id_of_the_agencys_system_is_not_used_again_by_the_desk(
    house: TestHouse, town: Town
) -> None:
    used = f"desk-{7:020x}"
    assert town.ask(inquiry_id=used).status == 200
    town.desk.notes.write()
    assert sent(house, house.analyst(BUREAU), 7).status_code == 409


@pytest.mark.parametrize(
    ("sayings", "closed"),
    [
        (PURPOSES, Purpose),
        (CLASSES, DataClass),
        (KINDS, QueryKind),
        (PAPERS, ProcessKind),
    ],
)
def test_every_closed_word_is_said_in_both_languages(sayings: Any, closed: Any) -> None:
    assert set(sayings) == set(closed)
    spanish = words("es")
    for said in sayings.values():
        assert spanish.gettext(said) != said
    for said in (*OUTCOMES.values(), *CRITERIA.values()):
        assert spanish.gettext(said) != said
