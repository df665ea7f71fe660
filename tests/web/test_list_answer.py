"""A list in SQL is the list decided record by record: shown, counted, paged, refused, sealed.

The oracle is the desk's older way, which reads every candidate and decides each.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from comity.disclosure import decide, decide_list
from comity.disclosure.answer import Answer
from comity.disclosure.decide import Settled
from comity.disclosure.facts import record_attributes
from comity.disclosure.inquiry import ByList
from comity.disclosure.registry import Key
from comity.disclosure.seal import Signed, seal_settled
from comity.instant import Instant
from comity.law.in_force import LawInForce, engine_of
from comity.records.fold import decode_record
from comity.records.ingest import Batch
from comity.records.record import RecordId
from comity.store.sqlite import lists
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import incidents
from comity.store.sqlite.lists import classes_after, count_unlisted
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import Made, file_process
from comity.store.sqlite.standing import (
    Expunction,
    expunge_records,
    set_standing,
    standing_event,
)
from comity.web import list_answer
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import View, Views
from tests.laws.shipped import law_of
from tests.ledger.samples import seeded
from tests.web.registers import (
    AT,
    PAPER,
    ZONE,
    SomeRegistry,
    events,
    some_inquiry,
    some_list,
)
from tests.web.town import Town

SHIPPED = ("philadelphia-pars-atf@1", "pennsylvania-chria@1")
OPEN = ("+open", "permit (principal, action, resource);")
TEXTS = {
    "shipped": (),
    "everything": (OPEN,),
    "in custody or graver": (
        OPEN,
        (
            "+forbid",
            (
                'forbid (principal, action in Action::"see", resource) unless { resource.in_custody'
                ' || (resource has grade && [Grade::"F1", Grade::"M1"].contains(resource.grade)) };'
            ),
        ),
    ),
    "some of what is open": (
        OPEN,
        (
            "+sealed",
            (
                'forbid (principal, action in Action::"see", resource)'
                ' when { resource.standing != "open" || resource.juvenile };'
            ),
        ),
        (
            "+charges",
            (
                'forbid (principal, action == Action::"see charges", resource)'
                " when { resource has released_after && resource.released_after.violent };"
            ),
        ),
    ),
    "compares who asks with the record": (
        OPEN,
        (
            "+joined",
            (
                'forbid (principal is Officer, action in Action::"see", resource)'
                " when { principal.criminal_justice == resource.charged };"
            ),
        ),
    ),
    "cannot be remembered": (
        OPEN,
        (
            "+context",
            (
                'forbid (principal, action in Action::"see", resource)'
                " when { context.case_number == resource.convicted };"
            ),
        ),
    ),
    "on a paper": (
        OPEN,
        (
            "+paper",
            (
                'forbid (principal, action in Action::"see", resource) when'
                " { context has basis && !context.basis.names_subject && resource.charged };"
            ),
        ),
    ),
    "names a record": (
        OPEN,
        ("+named", 'forbid (principal, action, resource == Record::"r-3");'),
    ),
}
_FOLDERS = itertools.count()


def law_named(words: str) -> LawInForce:
    return law_of(*(SHIPPED if words == "shipped" else ()), more=TEXTS[words])


class SomeView:
    """A law and two agencies."""

    def __init__(self, law: LawInForce) -> None:
        self._law = law
        self.registry = SomeRegistry()

    def law(self, at: Instant) -> LawInForce:
        return self._law


def filled(folder: Path, dice: random.Random, count: int) -> Database:
    """A register as it is after events, orders of the custodian and an expungement."""
    database = Database.open(folder / f"{next(_FOLDERS)}.db", create=True)
    every = events(dice, count)
    batch = Batch(every, [str(number) for number, _ in enumerate(every)], (), {})
    draw = seeded(1)

    def fill(connection: Any) -> None:
        take_in_batch(connection, batch, AT, draw)
        file_process(connection, PAPER, Made("clerk", AT, draw))
        held = {event.record_id for event in every}
        for number, verb in ((0, "hidden"), (1, "sealed"), (2, "restored")):
            if (record_id := RecordId(f"r-{number}")) in held:
                event = standing_event(record_id, f"p-{number}", cast("Any", verb), "order", AT)
                set_standing(connection, event, AT, draw)
        expunge_records(connection, Expunction(("r-5",), "order", "clerk", AT), draw)

    database.write(fill).result(20)
    return database


def desk_over(database: Database) -> Desk:
    holdings = StoredRecords(database, seeded(2), time_zone=ZONE, hold_birthplace=True)
    return Desk(
        database,
        Views(database),
        holdings,
        clock=lambda: AT,
        randomness=seeded(3),
        limits=Limits(),
        time_zone=ZONE,
    )


def told(settled: Settled, of: int) -> dict[str, Any]:
    """Everything that leaves or is sealed."""
    sealed = seal_settled(settled, Signed("k", "n", "d"), seeded(4))
    return {
        "of": of,
        "outcome": settled.outcome,
        "shown": settled.shown,
        "refusal": settled.refusal,
        "found": [(one.record_id, one.person_id) for one in settled.found]
        if settled.refusal
        else None,
        "sealed": sealed,
    }


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Bounds that a small register reaches."""
    monkeypatch.setattr(decide, "LIST_RESULTS_MAX", 7)
    monkeypatch.setattr(decide_list, "LIST_RESULTS_MAX", 7)
    monkeypatch.setattr(list_answer, "LIST_RESULTS_MAX", 7)
    monkeypatch.setattr(list_answer, "NAMED_OF", 3)
    monkeypatch.setattr(lists, "PROBES", (2, 4))


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("words", TEXTS)
def test_a_list_in_sql_is_the_list_decided_one_by_one(
    tmp_path_factory: pytest.TempPathFactory, words: str
) -> None:
    law, folder = law_named(words), tmp_path_factory.mktemp("lists")
    shown = refused = 0

    @settings(max_examples=12, deadline=None, database=None)
    @given(seed=st.integers(0, 2**32), count=st.integers(1, 30))
    def law_of_lists(seed: int, count: int) -> None:
        nonlocal shown, refused
        dice = random.Random(seed)
        with filled(folder, dice, count) as database:
            now, before = desk_over(database), desk_over(database)
            before.lists_fault = "the older way"
            view = cast("View", SomeView(law))
            for _ in range(25):
                inquiry = some_inquiry(dice, some_list(dice))
                key = Key("k", b"", cast("Any", dice.choice(("XXA000000", "XXB000000"))), AT)
                approved = dice.random() < 0.3
                settled, of = now.settle(view, key, inquiry, AT, approved=approved)
                expected = before.settle(view, key, inquiry, AT, approved=approved)
                assert told(settled, of) == told(*expected), inquiry
                shown, refused = shown + len(settled.shown), refused + (not settled.shown)
            assert now.lists_fault is None

    law_of_lists()
    assert shown
    assert refused


def test_every_record_has_the_class_of_what_it_is_decided_by(tmp_path: Path) -> None:
    for seed in range(20):
        with filled(tmp_path, random.Random(seed), 25) as database:
            reader = database.reader()
            assert count_unlisted(reader) == 0
            known = classes_after(reader, 0)
            rows = "SELECT class, doc FROM record_listed JOIN record ON record = number"
            for number, doc in reader.execute(rows):
                record = decode_record(doc)
                assert known[number] == record_attributes(record)


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    with Town(tmp_path, Limits()) as made:
        made.desk.holdings = StoredRecords(
            made.database, made.draw, time_zone=ZONE, hold_birthplace=True
        )
        every = events(random.Random(11), 40)
        batch = Batch(every, [str(number) for number, _ in enumerate(every)], (), {})
        made.write(lambda c: take_in_batch(c, batch, AT, made.draw))
        yield made
    engine_of.cache_clear()  # a memory distrusted here is no other test's


def ask(town: Town, **terms: Any) -> Answer:
    body = {"kind": "list", "sur_name": "Velm", "page_size": 3} | terms
    reply = town.ask(query=body)
    return msgspec.json.decode(reply.body, type=Answer)


def test_pages_hold_every_permitted_record_once(town: Town) -> None:
    first = ask(town)
    assert first.of is not None
    assert first.of > 3
    pages = [ask(town, page=page) for page in range(1, -(-first.of // 3) + 1)]
    ids = [one.data["existence"]["record_id"] for page in pages for one in page.shown]
    assert ids == sorted(set(ids))
    assert len(ids) == first.of
    assert {page.of for page in pages} == {first.of}


def test_a_record_of_another_class_than_it_is_listed_under_is_a_refusal_and_an_incident(
    town: Town,
) -> None:
    of = ask(town).of
    assert of
    law = town.desk.views.current().law(town.now)
    sealed = 'SELECT number FROM record_class WHERE attributes LIKE \'%"standing":"sealed"%\''
    seen = 'SELECT number FROM record_class WHERE attributes LIKE \'%"standing":"open"%\' LIMIT 1'
    # As if somebody had written to the file past the one way in.
    town.write(
        lambda c: c.execute(
            f"UPDATE record_listed SET class = ({seen}) WHERE class IN ({sealed})"  # noqa: S608
        )
    )
    refused = ask(town, page_size=200)
    assert refused.outcome == "refuse"
    assert refused.shown == ()
    assert refused.reason == decide_list.DISAGREED
    assert town.desk.lists_fault is not None
    town.database.write(lambda c: None).result(10)
    (incident,) = incidents(town.database.reader())
    assert incident.law == law.digest
    # From then on every record is read and decided.
    assert ask(town).of == of


def test_a_desk_that_finds_the_incident_on_file_does_not_trust_the_classes(town: Town) -> None:
    ask(town)
    law = town.desk.views.current().law(town.now)
    law.memory.distrust("for this test")
    town.write(lambda c: c.execute("DELETE FROM record_listed"))
    assert ask(town).of, "lists no longer come from there"


def test_more_candidates_than_a_refusal_names_are_not_named(tmp_path: Path) -> None:
    law = law_of(more=(OPEN, ("+none", 'forbid (principal, action in Action::"see", resource);')))
    with filled(tmp_path, random.Random(1), 20) as database:
        desk = desk_over(database)
        inquiry = some_inquiry(random.Random(2), ByList())
        inquiry = msgspec.structs.replace(inquiry, legal_basis=None, on_behalf_of=None)
        key = Key("k", b"", cast("Any", "XXA000000"), AT)
        view = cast("View", SomeView(law))
        settled, _ = desk.settle(view, key, inquiry, AT, approved=False)
        assert len(settled.found) > 10
        desk.limits = Limits(list_candidates_max=10)
        settled, _ = desk.settle(view, key, inquiry, AT, approved=False)
        assert settled.found == ()
        assert settled.refusal is not None
        assert settled.refusal.reason is None or "too broad" not in settled.refusal.reason
