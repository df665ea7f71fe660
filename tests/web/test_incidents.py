"""A remembered verdict that is not the engine's refuses, alarms, and is an incident for good."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest

from comity.cedar import memory as memory_module
from comity.cedar.engine import Engine, Verdict
from comity.law.in_force import LawInForce, engine_of
from comity.law.schema import SCHEMA
from comity.store.faults import StoreUnwritable
from comity.store.sqlite.database import Database
from comity.store.sqlite.incidents import incidents
from comity.store.sqlite.ledger import check_ledger, opened
from comity.web.incidents import Incidents
from tests.web.town import Town

TRUE = Engine.decide


@pytest.fixture(autouse=True)
def _checked_every_time(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(memory_module, "SAMPLE", 1)
    engine_of.cache_clear()  # an engine's memory outlives one test
    yield
    engine_of.cache_clear()


def broken(town: Town, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A gateway that answered truly, and then was lied to."""
    assert town.ask().json["outcome"] == "permit"
    with monkeypatch.context() as during:

        def lie(self: Engine, **asked: Any) -> Verdict:
            told = TRUE(self, **asked)
            return msgspec.structs.replace(told, permitted=not told.permitted, determining=())

        during.setattr(Engine, "decide", lie)
        answer = town.ask().json
    town.database.write(lambda _: None).result(20)  # behind the incident in the queue
    return answer


def test_it_refuses_alarms_and_is_entered(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.CRITICAL, logger="comity.gateway"):
        answer = broken(town, monkeypatch)
    assert answer["outcome"] == "withhold", "what is told is what is told where nothing is found"
    assert "shown" not in answer
    reader = town.database.reader()
    (incident,) = incidents(reader)
    assert (incident.law, incident.at) == (answer["law"], town.now)
    entry = opened(reader, incident.entry)
    assert entry.decision["kind"] == "incident"
    assert entry.decision["what"] == memory_module.BROKEN
    assert (entry.subject, entry.content, entry.request) == ({}, {}, {"by": "gateway"})
    assert check_ledger(reader) == ()
    (alarm,) = [one for one in caplog.records if one.levelno == logging.CRITICAL]
    assert msgspec.json.decode(alarm.message) == {
        "alarm": memory_module.BROKEN,
        "law": answer["law"],
    }


def test_health_says_so_and_the_gateway_goes_on_without_memory(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = town.send("GET", "/health", as_=None).json
    assert (before["status"], before["memory_sound"], before["incidents"]) == ("ok", True, 0)
    broken(town, monkeypatch)
    reply = town.send("GET", "/health", as_=None)
    after = reply.json
    assert reply.status == 200, "it answers, and truly"
    assert (after["status"], after["memory_sound"], after["incidents"]) == ("degraded", False, 1)
    for _ in range(3):
        assert town.ask().json["outcome"] == "permit"
    assert len(incidents(town.database.reader())) == 1, "once a law"
    assert len(town.desk.views.current().law(town.now).memory) == 0


def test_another_process_does_not_trust_that_memory_either(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken(town, monkeypatch)
    law = town.desk.views.current().law(town.now)
    law = msgspec.structs.replace(law, engine=Engine(SCHEMA, policies_of(law)))
    fresh = Incidents(town.database, town.draw)
    assert law.memory.usable
    assert not fresh.trust(law).memory.usable
    fresh.look(law, town.now)
    town.database.write(lambda _: None).result(20)
    assert len(incidents(town.database.reader())) == 1
    other = msgspec.structs.replace(law, digest="0" * 64, engine=Engine(SCHEMA, ()))
    assert fresh.trust(other).memory.usable, "another law is another memory"


def policies_of(law: LawInForce) -> list[tuple[str, str]]:
    return [
        (policy.id, policy.source)
        for instrument in law.instruments
        for clause in instrument.clauses
        for policy in clause.policies
        if policy.id in law.ranks
    ]


def test_an_incident_that_could_not_be_entered_is_tried_again(
    town: Town, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    law = town.desk.views.current().law(town.now)
    law.memory.distrust(memory_module.BROKEN)
    found = Incidents(town.database, town.draw)

    def refuse(self: Database, job: Any) -> Any:
        return real(self, lambda _: (_ for _ in ()).throw(StoreUnwritable("no space")))

    real = Database.write
    with monkeypatch.context() as full:
        full.setattr(Database, "write", refuse)
        found.look(law, town.now)
    town.database.write(lambda _: None).result(20)
    assert incidents(town.database.reader()) == ()
    assert "an incident could not be entered" in caplog.text
    found.look(law, town.now)
    found.look(law, town.now)
    town.database.write(lambda _: None).result(20)
    assert len(incidents(town.database.reader())) == 1
    assert sum(one.levelno == logging.CRITICAL for one in caplog.records) == 1, "one alarm"
