"""No bytes without a durable entry: a gateway that dies at each step, a locked store, a full disk.

A real gateway in a process of its own kills itself (`gateway_that_dies.py`); a real
client asks. Whatever the step: an answer that arrived has its entry; the ledger
recomputes; it may say that something was told which was not, never the reverse.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw
import httpx
import msgspec
import pytest

from comity.city.cast import AgencyKey, demo_cast
from comity.city.demonstration import serving
from comity.city.founding import found_city
from comity.city.rehearsal import SEED, play
from comity.city.scenes import evening
from comity.city.trail import ICE_ORI
from comity.cli.settings import shipped
from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import ByIdentifier, ByStanding, Inquiry
from comity.errors import Unreachable
from comity.law.library import Library
from comity.law.vocabulary import DataClass, Purpose
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, opened, size
from comity.web.client import Client, Disclosed, Refused, RefusedForNow
from tests.faults.failing_vfs import FailingVfs, Fault
from tests.faults.gateway_that_dies import AT, gateway_on

CAST = demo_cast(SEED)
SCENE = evening(SEED)
ASKED = SCENE.roles["asked by name"]
WATCHED = SCENE.roles["watched"]
SEEN = (DataClass.IDENTITY, DataClass.CHARGES)
INQUIRY = Inquiry(
    inquiry_id="killed-1",
    officer=CAST.officer(ICE_ORI),
    purpose=Purpose.CRIMINAL_INVESTIGATION,
    data_classes=SEEN,
    query=ByIdentifier(record_id=ASKED.record_id),
    case_number="18-CR-0441",
)
STANDING = Inquiry(
    inquiry_id="killed-2",
    officer=CAST.officer(ICE_ORI),
    purpose=Purpose.CRIMINAL_INVESTIGATION,
    data_classes=(DataClass.CHARGES, DataClass.COURT),
    query=ByStanding(record_ids=(WATCHED.record_id,)),
    case_number="18-CR-0441",
)
ANOTHER = Inquiry(
    inquiry_id="killed-3",
    officer=INQUIRY.officer,
    purpose=INQUIRY.purpose,
    data_classes=SEEN,
    query=INQUIRY.query,
    case_number=INQUIRY.case_number,
)
FIRST, SECOND = [event for event in SCENE.during if event.record_id == WATCHED.record_id][:2]
BEFORE = ("before deciding", "decided", "sealed", "before appending", "before the commit")
AFTER = ("durable", "before disclosing", "disclosed", "answer made", "response begun")
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's city with its scene alone."""
    path = tmp_path_factory.mktemp("founded") / "comity.db"
    texts = {text.ref: text for text in Library.load(shipped("law")).instruments}
    with Database.open(path, create=True) as database:
        found_city(database, CAST, texts, os.urandom)
        play(database, SCENE.before)
    return path


@pytest.fixture
def path(founded: Path, tmp_path: Path) -> Path:
    copy = tmp_path / "comity.db"
    shutil.copyfile(founded, copy)
    return copy


class Dying:
    """A gateway in a process of its own."""

    def __init__(self, path: Path, step: str, nth: int) -> None:
        script = Path(__file__).with_name("gateway_that_dies.py")
        self.process = subprocess.Popen(
            [sys.executable, str(script), str(path), step, str(nth)],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        assert self.process.stdout is not None
        port = self.process.stdout.readline().strip()
        self.process.stdout.close()
        assert port, "the gateway did not start"
        self.url = f"http://127.0.0.1:{port}"

    def demand_killed(self) -> None:
        """It died by its own hand."""
        assert self.process.wait(20) == -signal.SIGKILL


@contextmanager
def running(path: Path, step: str = "never", nth: int = 1) -> Iterator[Dying]:
    """A gateway that is gone afterwards."""
    gateway = Dying(path, step, nth)
    try:
        yield gateway
    finally:
        gateway.process.terminate()
        gateway.process.wait(20)


@contextmanager
def restarted(path: Path) -> Iterator[str]:
    """A gateway over what the other one left, in this process: its address."""
    with Database.open(path) as database, serving(gateway_on(database)) as url:
        yield url


@contextmanager
def client_of(url: str, held: AgencyKey = CAST.agency_keys[ICE_ORI]) -> Iterator[Client]:
    with Client(
        url, held.key.key_id, held.private_key, clock=lambda: AT, randomness=os.urandom
    ) as client:
        yield client


def ask(path: Path, inquiry: Inquiry) -> Answer:
    """Ask a gateway that was started anew."""
    with restarted(path) as url, client_of(url) as client:
        return client.ask(inquiry)


def entries(path: Path) -> int:
    """How many entries there are; every one of them recomputes."""
    with Database.open(path) as database:
        reader = database.reader()
        assert check_ledger(reader) == ()
        assert reader.pragma("integrity_check") == "ok"
        return size(reader)


def demand_entry(path: Path, answer: Answer) -> None:
    """What an answer shows is what its entry holds."""
    assert answer.shown
    with Database.open(path) as database:
        for one in answer.shown:
            entry = opened(database.reader(), one.entry.index)
            assert entry.content == {"disclosed": one.data}
            assert entry.decision["kind"] == "disclosure"


def test_without_a_kill_there_are_bytes_and_their_entry(path: Path) -> None:
    before = entries(path)
    with running(path) as gateway, client_of(gateway.url) as client:
        answer = client.ask(INQUIRY)
    assert answer.outcome == "permit"
    assert ASKED.person.sur_name in str(answer.shown[0].data["identity"])
    assert entries(path) == before + 1
    demand_entry(path, answer)


@pytest.mark.parametrize("step", BEFORE)
def test_killed_before_the_entry_nothing_happened(path: Path, step: str) -> None:
    """No answer, no entry; the same inquiry is then answered as if asked for the first time."""
    before = entries(path)
    kill(path, step)
    assert entries(path) == before
    answer = ask(path, INQUIRY)
    assert entries(path) == before + 1
    demand_entry(path, answer)


@pytest.mark.parametrize("step", AFTER)
def test_killed_after_the_entry_it_over_reports(path: Path, step: str) -> None:
    """No answer, one entry. The id is used up; a new id is answered, under its own entry."""
    before = entries(path)
    kill(path, step)
    assert entries(path) == before + 1
    with restarted(path) as url, client_of(url) as client:
        with pytest.raises(Refused) as raised:
            client.ask(INQUIRY)
        assert raised.value.problem.status == 409
        assert raised.value.problem.type == "/problems/inquiry-already-answered"
        assert entries(path) == before + 1
        answer = client.ask(ANOTHER)
    assert entries(path) == before + 2
    demand_entry(path, answer)


def test_killed_after_the_answer_was_noted_a_repeat_gets_it(path: Path) -> None:
    """The answer is given again under the entry that is there, and under no other."""
    before = entries(path)
    kill(path, "answer noted")
    assert entries(path) == before + 1
    answer = ask(path, INQUIRY)
    assert [one.entry.index for one in answer.shown] == [before]
    assert entries(path) == before + 1
    demand_entry(path, answer)


def kill(path: Path, step: str) -> None:
    """Ask a gateway that dies at a step: no answer comes."""
    with running(path, step) as gateway, client_of(gateway.url) as client:
        with pytest.raises(Unreachable):
            client.ask(INQUIRY)
        gateway.demand_killed()


@pytest.mark.parametrize(
    ("step", "left"),
    [("before appending", 0), ("before the commit", 0), ("durable", 1), ("event disclosed", 1)],
)
def test_an_event_of_a_subscription_killed_and_resumed(path: Path, step: str, left: int) -> None:
    """One event arrives, the next kills the gateway; resumed after the first, it comes again."""
    # The opening of the subscription takes another way to the ledger; each event takes this one.
    with running(path, step, 2) as gateway, client_of(gateway.url) as client:
        assert client.subscribe(STANDING).outcome == "permit"
        with client_of(gateway.url, CAST.source_key) as feed:
            assert feed.hand_in([FIRST, SECOND]).quarantined == ()
        before = entries(path)
        messages = client.events(STANDING.inquiry_id, reconnect=False)
        first = next(messages)
        with pytest.raises(Unreachable):
            next(messages)
        gateway.demand_killed()
    assert isinstance(first, Disclosed)
    demand_entry(path, first.answer)
    assert entries(path) == before + 1 + left
    with restarted(path) as url, client_of(url) as client:
        second = next(client.events(STANDING.inquiry_id, first.event_id, reconnect=False))
        assert isinstance(second, Disclosed)
    assert entries(path) == before + 1 + left + 1
    demand_entry(path, second.answer)
    told = events_told(path, before)
    assert told == [FIRST.event_id, *[SECOND.event_id] * (left + 1)]


def events_told(path: Path, start: int) -> list[str]:
    """The event each entry from `start` on is about."""
    with Database.open(path) as database:
        reader = database.reader()
        found = [opened(reader, index).subject for index in range(start, size(reader))]
    return [one["event"] for one in found if one is not None]


def demand_nothing_disclosed(url: str) -> None:
    """A 503, which says so; not a byte about the person."""
    with client_of(url) as client, pytest.raises(RefusedForNow) as raised:
        client.ask(INQUIRY)
    problem = raised.value.problem
    assert (problem.status, problem.type) == (503, "/problems/ledger-unwritable")
    assert "nothing was disclosed" in problem.detail
    assert problem.remedy is not None
    assert "same inquiry id" in problem.remedy
    told = msgspec.json.encode(problem).decode()
    for marker in (ASKED.person.sur_name, ASKED.record_id, ASKED.person.given_name):
        assert marker not in told


def test_a_locked_database_discloses_nothing_and_recovers(path: Path) -> None:
    before = entries(path)
    with Database.open(path, busy_timeout_ms=200) as database, serving(gateway_on(database)) as url:
        other = apsw.Connection(str(path))
        other.execute("BEGIN IMMEDIATE")
        demand_nothing_disclosed(url)
        assert httpx.get(f"{url}/health").status_code == 503
        other.execute("ROLLBACK")
        other.close()
        assert size(database.reader()) == before
        with client_of(url) as client:
            answer = client.ask(INQUIRY)
    assert entries(path) == before + 1
    demand_entry(path, answer)


@pytest.mark.parametrize("persisted", [False, True], ids=["lost", "persisted"])
def test_a_full_disk_discloses_nothing_and_recovers(path: Path, persisted: bool) -> None:
    before = entries(path)
    with (
        FailingVfs() as disk,
        Database.open(path, vfs=disk.name) as database,
        serving(gateway_on(database)) as url,
    ):
        disk.arm(Fault(1, apsw.FullError, persisted, lasting=True))
        demand_nothing_disclosed(url)
        assert disk.struck
        assert size(database.reader()) == before
        disk.lift()
        with client_of(url) as client:
            answer = client.ask(INQUIRY)
    assert entries(path) == before + 1
    demand_entry(path, answer)
