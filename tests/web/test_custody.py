"""Papers by signed message: decided, entered, read back; and nothing told of who is here."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

import msgspec
import pytest

from comity.instant import Instant, format_instant
from comity.law.vocabulary import CustodyAct
from comity.records.event import Parts, RecordEvent
from comity.records.ingest import Batch
from comity.records.record import (
    Conviction,
    Identity,
    PersonId,
    RecordId,
)
from comity.store.sqlite.append import size
from comity.store.sqlite.custody import choose, depart
from comity.store.sqlite.custody_decide import basis_now, judge_on_file
from comity.store.sqlite.custody_files import document_of, papers_of, person_file
from comity.store.sqlite.custody_message import message_on_file
from comity.store.sqlite.database import StoreUnwritable
from comity.store.sqlite.ledger import check_ledger
from comity.store.sqlite.records import take_in_batch
from comity.store.sqlite.registry import suspend_agency
from comity.store.sqlite.standing import Expunction, expunge_records, recalls
from tests.web.jail import (
    CONVICTED,
    LEAVES,
    PDF,
    ZONE,
    book,
    entries,
    look,
    message,
    open_jail,
    send,
)
from tests.web.town import BUREAU, START, Town

PEOPLE = ("here", "released", "expunged", "sealed", "never")


@pytest.fixture
def jail(town: Town) -> Iterator[Town]:
    """A town with an order about detainers."""
    open_jail(town)
    yield town
    assert check_ledger(town.database.reader()) == ()


def test_a_paper_is_decided_act_by_act_and_entered(jail: Town) -> None:
    record = book(jail)
    before = size(jail.database.reader())
    reply = send(jail, message())
    assert reply.status == 200, reply.body
    said = reply.json
    assert (said["paper_class"], said["state"], said["judicial"]) == ("detainer", "valid", False)
    acts = {one["act"]: one for one in said["acts"]}
    assert list(acts) == [act.value for act in CustodyAct]
    assert acts["hold"]["ruling"] == "deny"
    assert acts["hold"]["clauses"][0]["clause"] == "1"
    assert "told" not in said
    assert said["entries"][0]["index"] == before
    kinds = [one.decision["kind"] for one in entries(jail)[before:]]
    assert kinds == ["paper received", "paper taken in", "custody decision"]
    (kept,) = papers_of(jail.database.reader(), record)
    assert kept.agency == BUREAU
    assert kept.paper.names_subject is True
    held = document_of(jail.database.reader(), kept.paper_id)
    assert held is not None
    assert held.body == PDF


def arrange(town: Town, which: str) -> str:
    """Somebody of that kind; the name by which the Bureau asks."""
    if which == "never":
        return "Never"
    name = which.title()
    # Who is here is nobody the law speaks of; of each of the others it would command a notice.
    record = book(town, name) if which == "here" else book(town, name, charges=CONVICTED)
    if which == "released":
        _, judged = judge_on_file(
            town.database.reader(), basis_now(town.database.reader(), (), town.now), record,
            town.now, ZONE,
        )  # fmt: skip
        town.write(lambda c: depart(c, record, judged, town.made()))
    elif which == "expunged":
        order = Expunction((record,), "CP-1", "clerk", town.now)
        town.write(lambda c: expunge_records(c, order, town.draw))
    elif which == "sealed":
        event = RecordEvent(
            "custodian", "s-1", "sealed", Instant(START + 1), RecordId(record), PersonId("p"),
            authority="CP-1",
        )  # fmt: skip
        town.write(lambda c: take_in_batch(c, Batch([event], ["1"], (), {}), town.now, town.draw))
    return name


@pytest.mark.parametrize("which", PEOPLE)
def test_what_is_answered_is_the_same_whoever_is_or_is_not_here(jail: Town, which: str) -> None:
    """Byte for byte but for the entry; and as many entries of the same kinds to one outside."""
    name = arrange(jail, which)
    reader = jail.database.reader()
    before = size(reader)
    first = send(jail, message(name))
    second = look(jail)
    after = size(reader)
    assert (first.status, second.status) == (200, 200)
    assert after - before == 4
    for reply, index in ((first, before), (second, after - 1)):
        assert [one["index"] for one in reply.json["entries"]] == [index]
    got = [{**reply.json, "entries": None} for reply in (first, second)]
    assert got[0] == got[1]
    # A town where nobody of that name ever was says the same.
    other = dict(got[0])
    fresh = send(jail, message("Nobody", "m-2"))
    assert {**fresh.json, "entries": None, "message_id": "m-1"} == other
    own = [one for one in entries(jail)[before:after] if one.request.get("ori") == BUREAU]
    assert [one.decision["kind"] for one in own] == ["paper received", "paper answered"]
    for one in own:  # what the agency may have opened
        assert name not in msgspec.json.encode((one.content, one.request, one.decision)).decode()


def test_nothing_of_somebody_who_is_not_here_is_kept(jail: Town) -> None:
    body = message("Marker7f3a", facts={"docket": "Marker7f3a", "cites": "Marker7f3a"})
    assert send(jail, body).status == 200
    jail.database.purge_journal().result(10)
    for file in jail.database.path.parent.glob("town.db*"):
        assert b"Marker7f3a" not in file.read_bytes()


def test_where_the_law_commands_notice_the_agency_learns_the_release(jail: Town) -> None:
    record = book(jail, charges=CONVICTED)
    posted = send(jail, message()).json
    assert "told" not in posted
    said = look(jail).json
    assert said["told"] == {"release": {"leaves_at": format_instant(LEAVES)}}
    acts = {one["act"]: one["ruling"] for one in said["acts"]}
    assert acts["notify release"] == "must"
    last = entries(jail)[-1]
    assert last.content == {"disclosed": said["told"]}
    assert last.decision["clauses"][0]["clause"] == "2"
    # Who had it is told of an expungement.
    order = Expunction((record,), "CP-1", "clerk", jail.now)
    jail.write(lambda c: expunge_records(c, order, jail.draw))
    (recall,) = recalls(jail.database.reader())
    assert [one.ori for one in recall.recipients] == [BUREAU]
    again = look(jail).json
    assert {**again, "entries": None} == {**posted, "entries": None}


def test_what_the_law_allows_is_told_only_once_it_is_chosen(jail: Town) -> None:
    record = book(jail)
    send(jail, message())
    assert "told" not in look(jail).json
    (kept,) = papers_of(jail.database.reader(), record)
    jail.write(
        partial(
            choose,
            paper_id=kept.paper_id,
            act=CustodyAct.NOTIFY_RELEASE,
            made=jail.made(),
            uses=True,
        )
    )
    assert look(jail).json["told"]["release"]["leaves_at"] == format_instant(LEAVES)
    jail.write(
        partial(
            choose,
            paper_id=kept.paper_id,
            act=CustodyAct.NOTIFY_RELEASE,
            made=jail.made(),
            uses=False,
        )
    )
    assert "told" not in look(jail).json


def test_a_release_ends_what_is_told(jail: Town) -> None:
    record = book(jail, charges=CONVICTED)
    posted = send(jail, message()).json
    reader = jail.database.reader()
    _, judged = judge_on_file(reader, basis_now(reader, (), jail.now), record, jail.now, ZONE)
    jail.write(lambda c: depart(c, record, judged, jail.made()))
    assert {**look(jail).json, "entries": None} == {**posted, "entries": None}


def test_a_message_counts_once(jail: Town) -> None:
    record = book(jail)
    body = message()
    first = send(jail, body)
    count = size(jail.database.reader())
    assert send(jail, body).body == first.body
    assert size(jail.database.reader()) == count
    other = send(jail, message("Other"))
    assert (other.status, other.json["type"]) == (409, "/problems/message-already-received")
    jail.now = Instant(jail.now + 600_001)
    late = send(jail, body)
    assert late.status == 409
    assert len(papers_of(jail.database.reader(), record)) == 1
    # Of another agency the same id is another message.
    assert send(jail, message(officer="o-1"), as_="other").status == 200
    assert look(jail, as_="other").status == 200


def test_the_very_same_file_is_kept_once_and_said_to_nobody(jail: Town) -> None:
    record = book(jail)
    send(jail, message())
    before = size(jail.database.reader())
    assert send(jail, message(number="m-2")).status == 200
    assert size(jail.database.reader()) == before + 3
    assert len(papers_of(jail.database.reader(), record)) == 1
    first, second = (message_on_file(jail.database.reader(), BUREAU, f"m-{n}") for n in (1, 2))
    assert first is not None
    assert second is not None
    assert first.paper_id == second.paper_id


def test_two_of_one_name_are_nobody(jail: Town) -> None:
    book(jail)
    twin = book(jail, number=2)
    event = RecordEvent(
        "jail", "x", "booked", Instant(START + 1), RecordId(twin), PersonId("p-twin"), Parts()
    )
    jail.write(lambda c: take_in_batch(c, Batch([event], ["1"], (), {}), jail.now, jail.draw))
    send(jail, message())
    kept = message_on_file(jail.database.reader(), BUREAU, "m-1")
    assert kept is not None
    assert kept.paper_id is None


def test_a_state_id_finds_a_person_and_the_sender_s_word_does_not(jail: Town) -> None:
    record = book(
        jail,
        identity=Identity(
            sur_name="Nemo", given_name="Nina", birth_date="1980-01-02", state_id="PA1"
        ),
    )
    named = {"sur_name": "Else", "given_name": "N", "state_id": "PA1"}
    send(jail, message(facts={"named": named}))
    send(jail, message(number="m-2", facts={"named": {"sur_name": "Nemo", "given_name": "Nina"}}))
    reader = jail.database.reader()
    assert len(papers_of(reader, record)) == 1
    assert message_on_file(reader, BUREAU, "m-2") is not None


def test_a_suspended_agency_sends_nothing(jail: Town) -> None:
    jail.write(lambda c: suspend_agency(c, BUREAU, "misuse", jail.made()))
    assert send(jail, message()).status == 403


def test_only_the_sender_reads_its_answer_and_a_nonce_counts_once(jail: Town) -> None:
    send(jail, message())
    assert look(jail, as_="other").status == 404
    assert look(jail, "m-9").status == 404
    scope, raw = jail.request("GET", "/custody/papers/m-1")
    assert jail.call(dict(scope), raw).status == 200
    assert jail.call(dict(scope), raw).json["type"] == "/problems/replayed-nonce"
    again, raw = jail.request("POST", "/custody/papers", msgspec.json.encode(message(number="m-2")))
    assert jail.call(dict(again), raw).status == 200
    assert jail.call(dict(again), raw).json["type"] == "/problems/replayed-nonce"


def test_a_ledger_that_cannot_be_written_answers_nothing(
    jail: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    book(jail, charges=CONVICTED)
    send(jail, message())

    def full(_: object) -> object:
        raise StoreUnwritable("the disk is full")

    monkeypatch.setattr(jail.database, "write", full)
    for reply in (send(jail, message(number="m-2")), look(jail)):
        assert reply.json["type"] == "/problems/ledger-unwritable"
        assert format_instant(LEAVES).encode() not in reply.body
    monkeypatch.undo()
    assert "told" in look(jail).json


def test_what_changes_meanwhile_is_decided_again(
    jail: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The release is carried out between the decision and its entry: nothing is told."""
    record = book(jail, charges=CONVICTED)
    posted = send(jail, message()).json
    reader = jail.database.reader()
    _, judged = judge_on_file(reader, basis_now(reader, (), jail.now), record, jail.now, ZONE)
    gone: list[Any] = []
    real = jail.desk.write

    async def late(job: Any) -> Any:
        if not gone:
            gone.append(jail.write(lambda c: depart(c, record, judged, jail.made())))
        return await real(job)

    monkeypatch.setattr(jail.desk, "write", late)
    assert {**look(jail).json, "entries": None} == {**posted, "entries": None}
    assert gone
    assert person_file(jail.database.reader(), record).departures


def test_a_file_that_cannot_be_decided_shows_by_nothing(jail: Town) -> None:
    many = tuple(Conviction(str(n), grade="F1", convicted_at=START) for n in range(401))
    record = book(jail, convictions=many)
    first, second = send(jail, message()), look(jail)
    assert (first.status, second.status) == (200, 200)
    nobody = send(jail, message("Nobody", "m-2")).json
    for reply in (first, second):
        assert {**reply.json, "entries": None, "message_id": "m-2"} == {**nobody, "entries": None}
    assert len(papers_of(jail.database.reader(), record)) == 1


def test_an_expungement_leaves_a_message_that_names_nobody(jail: Town) -> None:
    record = book(jail, "Marker4b", charges=CONVICTED)
    body = message("Marker4b", facts={"docket": "Marker4b", "cites": "Marker4b"})
    first = send(jail, body).json
    look(jail)
    order = Expunction((record,), "CP-1", "clerk", jail.now)
    jail.write(lambda c: expunge_records(c, order, jail.draw))
    assert jail.database.purge_journal().result(10)
    kept = message_on_file(jail.database.reader(), BUREAU, "m-1")
    assert kept is not None
    assert (kept.paper_id, kept.body_digest) == (None, None)
    for file in jail.database.path.parent.glob("town.db*"):
        assert b"Marker4b" not in file.read_bytes()
    assert {**look(jail).json, "entries": None} == {**first, "entries": None}


def test_every_answer_waits_until_all_answers_leave(
    jail: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever is here, and also where it fails: what is left of the time is waited out."""
    waited: list[float] = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)

    monkeypatch.setattr("comity.web.custody.asyncio.sleep", sleep)
    jail.desk.even_seconds = 60.0
    book(jail, charges=CONVICTED)
    for reply in (
        send(jail, message()),
        look(jail),
        send(jail, message("Nobody", "m-2")),
        look(jail, "m-2"),
        look(jail, "m-9"),
        send(jail, message(document="%%%", number="m-3")),
    ):
        assert reply.status in (200, 404, 422)
    assert len(waited) == 6
    assert all(0 < one <= 60.0 for one in waited)
