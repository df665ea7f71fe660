"""Papers and people at the jail's door, kept: each change is rows, one entry and a generation."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import apsw
import pytest
from msgspec.structs import replace

from comity.custody.classify import classify
from comity.custody.gate import Answer, Ground
from comity.custody.paper import State
from comity.custody.service import TaskState, state
from comity.errors import ComityError, NotFound
from comity.instant import Instant
from comity.law.paper import NamedPerson
from comity.law.vocabulary import CustodyAct
from comity.ledger.append import GenerationMoved
from comity.records.ingest import Batch
from comity.records.record import Custody, CustodyStatus, Release
from comity.store.sqlite.append import generation, size
from comity.store.sqlite.custody import (
    ChangeRefused,
    PaperOnFile,
    choose,
    take_in_paper,
)
from comity.store.sqlite.custody_decide import basis_now, settle
from comity.store.sqlite.custody_files import (
    concerned,
    decided_at,
    document_of,
    paper_on_file,
    person_file,
    sender,
    task_on_file,
    tasks_of,
)
from comity.store.sqlite.custody_message import message_on_file
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, opened
from comity.store.sqlite.records import find_record, take_in_batch
from comity.store.sqlite.registry import suspend_agency
from comity.store.sqlite.standing import Expunction, expunge_records, recalls
from tests.store.custody_case import (
    CHANGES,
    DUE,
    ICE,
    MARK,
    MESSAGES,
    NIGHT,
    PAPER,
    PAPER_1,
    RECORD,
    ZONE,
    booked,
    found,
    kept,
    law,
    leave,
    made,
    scanned,
    serve,
    settled,
    state_facts,
    take_in,
    use,
    withdraw,
)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """One paper on file, and decided."""
    with Database.open(tmp_path / "comity.db", create=True) as database:
        run(database, found)
        run(database, take_in)
        settled(database, law())
        yield database


def run(database: Database, job: Any) -> Any:
    return database.write(job).result(10)


def last(database: Database) -> Any:
    return opened(database.reader(), size(database.reader()) - 1)


@pytest.mark.parametrize("kind", CHANGES)
def test_a_change_is_one_entry_and_one_step_of_the_generation(
    database: Database, kind: str
) -> None:
    before = size(database.reader()), generation(database.reader())
    run(database, CHANGES[kind])
    assert (size(database.reader()), generation(database.reader())) == (
        before[0] + 1,
        before[1] + 1,
    )
    entry = last(database)
    assert entry.decision["kind"] == kind
    assert entry.subject["record"] == RECORD
    assert entry.subject["person"] == f"p-1-{MARK}"
    assert check_ledger(database.reader()) == ()


@pytest.mark.parametrize("kind", [*CHANGES, *MESSAGES])
def test_the_open_compartments_point_to_nobody_and_hold_no_words(
    database: Database, kind: str
) -> None:
    run(database, {**CHANGES, **MESSAGES}[kind])
    for index in range(size(database.reader())):
        entry = opened(database.reader(), index)
        for part in (entry.request, entry.decision):
            assert MARK not in json.dumps(part), (kind, part)


def test_a_decision_is_an_entry_with_its_law_and_what_arose_by_it(database: Database) -> None:
    entry = last(database)
    assert entry.decision["kind"] == "custody decision"
    assert entry.decision["law"] == law().digest
    (paper,) = entry.decision["papers"]
    assert (paper["class"], paper["state"]) == ("detainer", "valid")
    by_act = {act["act"]: act["ruling"] for act in paper["acts"]}
    assert by_act["hold"] == by_act["notify release"] == "deny"
    assert len(by_act) == 6
    assert [one["task"] for one in entry.decision["duties"]] == ["answer to the agency"]
    assert decided_at(database.reader(), RECORD) == (NIGHT, size(database.reader()) - 1)


def test_what_was_kept_is_read_back(database: Database) -> None:
    for change in (serve, use, state_facts, leave, withdraw):
        run(database, change)
    file = person_file(database.reader(), RECORD)
    (paper,) = file.papers
    assert replace(paper, entry=0, digest=None, served_at=None, withdrawn_at=None) == kept()
    assert paper.served_at == paper.withdrawn_at == NIGHT
    assert file.statement is not None
    assert file.statement.facts == {"registry": MARK}
    assert file.leaving is not None
    assert (file.leaving.leaves_at, file.leaving.ground) == (DUE, Ground.BAIL_POSTED)
    assert [(one.act, one.by) for one in file.choices] == [(CustodyAct.NOTIFY_RELEASE, "desk-3")]
    held = document_of(database.reader(), PAPER_1)
    assert held is not None
    assert MARK.encode() in held.body
    assert held.digest == paper.digest
    assert document_of(database.reader(), "another") is None
    as_of = paper.as_of(NIGHT, ZONE)
    assert as_of.withdrawn_on == as_of.served_on == "2018-08-31"
    assert paper.as_of(Instant(NIGHT - 1), ZONE) == PAPER


def test_a_change_twice_is_refused(database: Database) -> None:
    for change in (serve, use, withdraw):
        run(database, change)
        with pytest.raises(ChangeRefused):
            run(database, change)
    run(database, lambda c: choose(c, PAPER_1, CustodyAct.NOTIFY_RELEASE, made(), uses=False))
    with pytest.raises(ChangeRefused, match="is not chosen"):
        run(database, lambda c: choose(c, PAPER_1, CustodyAct.NOTIFY_RELEASE, made(), uses=False))
    assert person_file(database.reader(), RECORD).choices == ()
    assert entry_kinds(database)[-2:] == ["paper withdrawn", "choice"]


def entry_kinds(database: Database) -> list[str]:
    reader = database.reader()
    return [opened(reader, index).decision["kind"] for index in range(size(reader))]


def test_the_same_file_and_the_same_id_are_told(database: Database) -> None:
    before = size(database.reader())
    with pytest.raises(PaperOnFile, match="of this id"):
        run(database, take_in)
    classified = classify(PAPER, NIGHT, ZONE)
    body = document_of(database.reader(), PAPER_1)
    assert body is not None
    with pytest.raises(PaperOnFile, match=PAPER_1):
        run(
            database,
            lambda c: take_in_paper(c, kept(9), scanned(body.body), classified, made()),
        )
    # For somebody else the same file is another paper.
    other = kept(9, f"r-2-{MARK}")
    run(database, lambda c: take_in_paper(c, other, scanned(body.body), classified, made()))
    assert size(database.reader()) == before + 1


def test_two_detainers_are_both_kept_and_add_no_time(database: Database) -> None:
    run(database, lambda c: take_in(c, 2))
    run(database, leave)
    both = settled(database, law())
    assert len(both.judged.decided) == 2
    assert both.judged.door.release_by == DUE
    assert settled(database, law(), DUE).judged.door.answer is Answer.RELEASE


def test_a_paper_that_names_another_is_kept_and_has_no_effect(database: Database) -> None:
    other = replace(PAPER, names_subject=False, named=NamedPerson("Other", "Name", "1999-09-09"))
    run(database, lambda c: take_in(c, 2, paper=other))
    found = settled(database, law())
    one = found.judged.of(f"paper-2-{MARK}")
    assert one is not None
    assert one.classified.state is State.INVALID
    assert f"paper-2-{MARK}" not in found.tasks
    assert not found.judged.used(f"paper-2-{MARK}", CustodyAct.HOLD)


@pytest.mark.parametrize(
    ("changed", "state_is"),
    [
        ({"issued_on": "2018-09-02"}, State.NOT_IN_EFFECT),
        ({"expires_on": "2018-08-30"}, State.NOT_IN_EFFECT),
    ],
    ids=["future", "expired"],
)
def test_a_paper_of_another_day_is_not_in_effect(
    database: Database, changed: dict[str, str], state_is: State
) -> None:
    run(database, lambda c: take_in(c, 2, paper=replace(PAPER, **changed)))
    one = settled(database, law()).judged.of(f"paper-2-{MARK}")
    assert one is not None
    assert one.classified.state is state_is


def test_a_withdrawn_paper_counts_no_longer(database: Database) -> None:
    run(database, withdraw)
    one = settled(database, law()).judged.of(PAPER_1)
    assert one is not None
    assert one.classified.state is State.NOT_IN_EFFECT


def test_a_duty_keeps_its_instant_and_is_closed_once(database: Database) -> None:
    (before,) = tasks_of(database.reader(), RECORD)
    settled(database, law(), NIGHT + 7_200_000)
    (after,) = tasks_of(database.reader(), RECORD)
    assert after == before
    assert task_on_file(database.reader(), before.task.id[:8]) == before
    run(database, CHANGES["duty done"])
    (closed,) = tasks_of(database.reader(), RECORD)
    assert closed.step is not None
    assert state(closed.task, (closed.step,), Instant(NIGHT + 1)) is TaskState.DONE
    with pytest.raises(ChangeRefused, match="closed"):
        run(database, CHANGES["duty done"])
    with pytest.raises(NotFound):
        task_on_file(database.reader(), "")


def test_a_release_is_an_event_of_the_record_and_the_last_word(database: Database) -> None:
    ahead = booked(1, custody=Custody(CustodyStatus.IN_CUSTODY))
    ahead = replace(ahead, event_id="e-9", occurred_at=Instant(NIGHT + 60_000))
    run(database, lambda c: take_in_batch(c, Batch([ahead], ["1"], (), {}), NIGHT, bytes))
    run(database, leave)
    run(database, CHANGES["release carried out"])
    record = find_record(database.reader(), RECORD)
    assert record is not None
    assert record.custody is not None
    assert record.custody.status is CustodyStatus.RELEASED
    assert record.release == Release(NIGHT, "bail is posted", DUE)
    assert RECORD not in concerned(database.reader())
    assert [one.by for one in person_file(database.reader(), RECORD).departures] == ["desk-3"]
    with pytest.raises(ChangeRefused, match="not in custody"):
        run(database, CHANGES["release carried out"])


def test_the_board_has_who_has_a_paper_or_is_due(database: Database) -> None:
    assert concerned(database.reader()) == (RECORD,)
    due = booked(3, release=Release(eligible_at=DUE))
    run(database, lambda c: take_in_batch(c, Batch([due], ["3"], (), {}), NIGHT, bytes))
    assert concerned(database.reader()) == (RECORD, f"r-3-{MARK}")


def test_a_decision_upon_what_has_changed_is_made_again(database: Database) -> None:
    turns: list[int] = []

    def moving() -> Any:
        on = basis_now(database.reader(), (), NIGHT)
        turns.append(on.generation)
        if len(turns) < 3:
            run(database, lambda c: c.execute("UPDATE generation SET value = value + 1").fetchall())
        return on

    settle(database, RECORD, moving, ZONE, made())
    assert len(turns) == 3

    def always() -> Any:
        on = basis_now(database.reader(), (), NIGHT)
        run(database, lambda c: c.execute("UPDATE generation SET value = value + 1").fetchall())
        return on

    before = size(database.reader())
    with pytest.raises(GenerationMoved):
        settle(database, RECORD, always, ZONE, made())
    assert size(database.reader()) == before


def test_a_record_that_changed_meanwhile_is_decided_again(database: Database) -> None:
    done: list[int] = []

    def basis_then_news() -> Any:
        on = basis_now(database.reader(), (), NIGHT)
        done.append(1)
        return on

    original = find_record(database.reader(), RECORD)
    news = replace(booked(1), event_id="e-7", occurred_at=Instant(NIGHT + 5))
    from comity.store.sqlite import custody_decide

    real = custody_decide.judge_on_file
    told: list[int] = []

    def judge_and_change(*given: Any) -> Any:
        found = real(*given)
        if not told:
            told.append(1)
            run(database, lambda c: take_in_batch(c, Batch([news], ["1"], (), {}), NIGHT, bytes))
        return found

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(custody_decide, "judge_on_file", judge_and_change)
        settle(database, RECORD, basis_then_news, ZONE, made())
    assert len(done) == 2
    assert find_record(database.reader(), RECORD) != original


def test_a_suspended_or_unknown_sender_is_not_known(database: Database) -> None:
    on = basis_now(database.reader(), (), NIGHT).registry
    assert sender(on, ICE, NIGHT).known
    assert sender(on, ICE, NIGHT).party == "us-ice"
    assert not sender(on, "XXNOBODY0", NIGHT).known
    run(database, lambda c: suspend_agency(c, ICE, "misuse", made()))
    on = basis_now(database.reader(), (), NIGHT).registry
    assert not sender(on, ICE, NIGHT).known


def test_nobody_of_that_name_is_said_so(database: Database) -> None:
    reader = database.reader()
    jobs: list[Any] = [
        lambda: person_file(reader, "r-0"),
        lambda: paper_on_file(reader, "p-0"),
        lambda: task_on_file(reader, "ffff"),
        lambda: run(database, lambda c: take_in(c, 5, "r-0")),
        lambda: run(database, lambda c: choose(c, "p-0", CustodyAct.HOLD, made(), uses=True)),
    ]
    for job in jobs:
        with pytest.raises(NotFound):
            job()


def test_an_expungement_takes_everything_with_it(tmp_path: Path) -> None:
    """A marker that stood in every field of every table, and in the scanned paper, is nowhere."""
    path = tmp_path / "comity.db"
    with Database.open(path, create=True) as database:
        run(database, found)
        run(database, take_in)
        settled(database, law())
        for kind, change in CHANGES.items():
            if kind != "release carried out":
                run(database, change)
        run(database, MESSAGES["message read back"])
        run(database, CHANGES["release carried out"])
        tables = custody_tables(database.reader())
        full = {table for table, count in tables.items() if count}
        assert full == set(tables)
        order = Expunction((RECORD, f"r-2-{MARK}"), "docket", "clerk", NIGHT)
        run(database, lambda c: expunge_records(c, order, bytes))
        assert database.purge_journal().result(10)
        left = custody_tables(database.reader())
        assert {table for table, count in left.items() if count} == {"custody_message"}
        kept_message = message_on_file(database.reader(), ICE, "m-1")
        assert kept_message is not None
        assert (kept_message.paper_id, kept_message.body_digest) == (None, None)
        (recall,) = [one for one in recalls(database.reader()) if one.recipients]
        assert [one.ori for one in recall.recipients] == [ICE]
        assert check_ledger(database.reader()) == ()
        assert database.reader().pragma("foreign_key_check") is None
    for file in tmp_path.iterdir():
        assert MARK.encode() not in file.read_bytes(), file.name


def custody_tables(connection: apsw.Connection) -> dict[str, int]:
    names = [
        name
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'custody%'"
        )
    ]
    return {
        name: connection.execute(f"SELECT count(*) FROM {name}").get  # noqa: S608
        for name in names
    }


def test_the_tables_are_those_of_the_page(database: Database) -> None:
    assert len(custody_tables(database.reader())) == 10
    with pytest.raises(ComityError):
        run(database, lambda c: take_in(c, 1))
