"""Figures of the ledger: the same whichever way they are counted, and of nobody."""

from __future__ import annotations

import random
import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from comity.instant import Instant, format_instant
from comity.ledger.entry import SealedEntry, seal
from comity.store.sqlite import figures as module
from comity.store.sqlite.append import append_entries
from comity.store.sqlite.database import Database
from comity.store.sqlite.figures import (
    Answers,
    Counting,
    Figures,
    Uses,
    count_on,
    keep_figures,
    kept_figures,
    month_of,
    recounted,
)
from comity.store.sqlite.ledger import erase_personal

ZONE = "America/New_York"
WAIT = 20
SPRING = 1_520_000_000_000


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    with Database.open(tmp_path / "comity.db", create=True) as opened:
        yield opened


def draw_of(dice: random.Random) -> Any:
    return dice.randbytes


def answer(dice: random.Random, **changes: Any) -> SealedEntry:
    """An answer as `comity.disclosure.seal` makes it, with some dice."""
    outcome = dice.choice(["permit", "permit reduced", "refuse", "withhold"])
    shown = outcome.startswith("permit")
    clause = f"town@1#{dice.randint(1, 4)}"
    ruled = [{"act": "see existence", "outcome": "permit", "clauses": ["town@1#3"], "faults": []}]
    ruled += [
        {
            "act": "see charges",
            "outcome": "permit" if shown else outcome,
            "clauses": [clause],
            "faults": [],
        }
    ]
    decision = {
        "kind": "disclosure" if shown else "refusal",
        "outcome": outcome,
        "at": format_instant(Instant(SPRING + dice.randrange(200 * 86_400_000))),
        "rulings": ruled,
        "clauses": [{"instrument": "town@1", "clause": clause[7:], "title": "", "digest": ""}],
    }
    behalf = dice.choice([None, None, {"ori": "XXTWO0000", "officer": None}])
    return seal(
        subject={"person": "p-1"},
        content={"name": "Nemo"},
        request={
            "ori": dice.choice(["XXBUR0100", "XXOTH0200"]),
            "on_behalf_of": behalf,
            "purpose": dice.choice(["audit", "criminal investigation"]),
        },
        decision=decision | changes,
        randomness=draw_of(dice),
        subject_id="p-1",
    )


def other(dice: random.Random, **decision: Any) -> SealedEntry:
    return seal(subject={}, content={}, request={}, decision=decision, randomness=draw_of(dice))


def append(database: Database, entries: Sequence[SealedEntry]) -> None:
    database.write(lambda connection: append_entries(connection, entries)).result(WAIT)


def by_sql(path: Path) -> Counter[tuple[str, ...]]:
    """The same counts by SQLite's own JSON functions, months by Python's own calendar."""
    query = (
        "SELECT decision_part ->> 'at', request_part ->> 'ori',"
        " ifnull(request_part ->> '$.on_behalf_of.ori', ''), request_part ->> 'purpose',"
        " decision_part ->> 'outcome' FROM (SELECT CAST(decision_part AS TEXT) decision_part,"
        " CAST(request_part AS TEXT) request_part FROM entries)"
        " WHERE decision_part ->> 'kind' IN ('disclosure', 'refusal')"
    )
    connection = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    try:
        return Counter((month(at), *rest) for at, *rest in connection.execute(query))
    finally:
        connection.close()


def month(at: str) -> str:
    return datetime.fromisoformat(at).astimezone(ZoneInfo(ZONE)).strftime("%Y-%m")


def test_they_are_what_sqlite_counts(database: Database) -> None:
    dice = random.Random(1)
    append(database, [answer(dice) for _ in range(300)])
    found = Counting(database, ZONE).current()
    assert {(*key.__struct_fields__,) for key in found.answers} == {Answers.__struct_fields__}
    as_tuples = {
        (one.month, one.agency, one.behalf, one.purpose, one.outcome): count
        for one, count in found.answers.items()
    }
    assert as_tuples == by_sql(Path(database.path))
    assert found.upto == sum(as_tuples.values()) == 300


def test_in_pieces_they_are_the_same(database: Database) -> None:
    dice, counting, steps = random.Random(2), Counting(database, ZONE), Figures(ZONE)
    for size in (1, 0, 7, 30, 2):
        append(database, [answer(dice) for _ in range(size)])
        counting.current()
        steps = count_on(database.reader(), steps, 5)
    while steps.upto < 40:
        steps = count_on(database.reader(), steps, 3)
    assert counting.current() == steps == recounted(database, ZONE)


def test_each_clause_counts_once_an_entry_and_each_way(database: Database) -> None:
    dice = random.Random(3)
    shown = answer(
        dice,
        kind="disclosure",
        outcome="permit reduced",
        at="2018-08-15T12:00:00.000Z",
        rulings=[
            {"act": "a", "outcome": "permit", "clauses": ["t@1#1", "t@1#2"], "faults": []},
            {"act": "b", "outcome": "permit", "clauses": ["t@1#1"], "faults": []},
            {"act": "c", "outcome": "refuse", "clauses": ["t@1#1", "t@1#9"], "faults": []},
        ],
    )
    ended = answer(
        dice,
        kind="refusal",
        outcome="refuse",
        at="2018-08-15T12:00:00.000Z",
        rulings=[],
        clauses=[{"instrument": "t@1", "clause": "2.2", "title": "", "digest": ""}],
    )
    paper = other(
        dice,
        kind="custody decision",
        at="2018-08-15T12:00:00.000Z",
        papers=[
            {
                "acts": [
                    {"act": "hold", "ruling": "deny", "clauses": ["c@1#1"]},
                    {"act": "notify release", "ruling": "must", "clauses": ["c@1#2"]},
                    {"act": "enter", "ruling": "unsettled", "clauses": ["c@1#3"]},
                ]
            }
        ],
    )
    append(database, [shown, ended, paper])
    uses = Counting(database, ZONE).current().uses
    assert uses == {
        Uses("t@1", "1", "2018-08", True): 1,
        Uses("t@1", "2", "2018-08", True): 1,
        Uses("t@1", "1", "2018-08", False): 1,
        Uses("t@1", "9", "2018-08", False): 1,
        Uses("t@1", "2.2", "2018-08", False): 1,
        Uses("c@1", "1", "2018-08", False): 1,
        Uses("c@1", "2", "2018-08", True): 1,
    }


def test_an_erasure_changes_none(database: Database) -> None:
    dice = random.Random(4)
    append(database, [answer(dice) for _ in range(20)])
    before = Counting(database, ZONE).current()
    database.write(lambda connection: erase_personal(connection, "p-1")).result(WAIT)
    assert recounted(database, ZONE) == before
    assert "p-1" not in repr(before)


def test_what_has_no_known_form_is_said_and_stops_nothing(database: Database) -> None:
    dice = random.Random(5)
    odd = [
        other(dice, kind="disclosure", outcome="permit", at="2018-08-01T00:00:00.000Z"),
        answer(dice, at="yesterday"),
        other(dice, kind=7),
        other(dice, kind="padding"),
        other(dice),
    ]
    append(database, [*odd, answer(dice)])
    found = Counting(database, ZONE).current()
    assert (found.upto, found.unread, sum(found.answers.values())) == (6, 3, 1)
    assert found.padding == 1


def test_changes_of_sharing_are_kept_and_those_of_officers_are_not(database: Database) -> None:
    dice, at = random.Random(6), "2018-08-01T00:00:00.000Z"
    append(
        database,
        [
            other(dice, kind="registry change", change="key revoked", at=at, key_id="k-1"),
            other(dice, kind="registry change", change="officer entered", at=at, officer="o-1"),
            other(dice, kind="registry change", change="process filed", at=at),
            other(dice, kind="law change", change="party key entered", at=at, party="town"),
        ],
    )
    changes = Counting(database, ZONE).current().changes
    assert [(one.index, one.change, one.name) for one in changes] == [
        (0, "key revoked", ""),
        (3, "party key entered", "town"),
    ]


def test_what_was_kept_is_gone_on_from(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "KEEP_EVERY", 10)
    dice = random.Random(7)
    append(database, [answer(dice) for _ in range(25)])
    first = Counting(database, ZONE).current()
    database.write(lambda _connection: None).result(WAIT)  # after the job that keeps them
    assert kept_figures(database.reader(), ZONE) == first
    append(database, [answer(dice) for _ in range(3)])
    assert Counting(database, ZONE).current() == recounted(database, ZONE)


@pytest.mark.parametrize("spoilt", ["zone", "form", "bytes", "longer"])
def test_what_was_kept_of_something_else_is_thrown_away(database: Database, spoilt: str) -> None:
    dice = random.Random(8)
    append(database, [answer(dice) for _ in range(4)])
    whole = recounted(database, ZONE)
    zone = "Europe/Berlin" if spoilt == "zone" else ZONE
    upto = 5 if spoilt == "longer" else 4
    wrong = Figures(zone, upto, {Answers("2018-01", "X", "", "audit", "permit"): 99}, {})

    def spoil(connection: Any) -> None:
        keep_figures(connection, wrong)
        if spoilt == "bytes":
            connection.execute("UPDATE figures SET body = x'7b'")
        if spoilt == "form":
            connection.execute(
                "UPDATE figures SET body = CAST(replace(CAST(body AS TEXT), '\"form\":1',"
                " '\"form\":0') AS BLOB)"
            )

    database.write(spoil).result(WAIT)
    assert Counting(database, ZONE).current() == whole


def test_a_long_way_is_read_beside_and_ends_at_the_same(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "AT_ONCE", 5)
    monkeypatch.setattr(module, "PIECE", 7)
    dice = random.Random(9)
    append(database, [answer(dice) for _ in range(60)])
    counting = Counting(database, ZONE)
    assert counting.current().upto <= 60
    assert counting.wait() == recounted(database, ZONE)


@given(
    st.integers(min_value=0, max_value=4_000_000_000_000),
    st.sampled_from(["UTC", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago"]),
)
def test_a_month_is_that_of_the_calendar_there(at: int, zone: str) -> None:
    text = format_instant(Instant(at))
    there = datetime.fromisoformat(text).astimezone(ZoneInfo(zone))
    assert month_of(text, zone) == f"{there:%Y-%m}"
