"""The main job: Philadelphia, 31 August 2018, over HTTP with real signatures, then by command line.

What is asserted are facts of answers and entries (outcomes, clauses, instants, who
was told of what), not the wording of the demo. The history: the vote of three
parties ended the agreement with ICE with the last instant of that day; the agreement
with ATF went on.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest

from comity.city.cast import ATF_ORI, AgencyKey, demo_cast
from comity.city.demonstration import HandClock, Told, playing, serving
from comity.city.founding import found_city
from comity.city.rehearsal import SEED, Rehearsal, play, rehearse_city
from comity.city.scenes import EVENING, MIDNIGHT, evening
from comity.city.trail import ICE_ORI, SHERIFF_ORI
from comity.cli.settings import shipped
from comity.disclosure.inquiry import ByIdentifier, ByStanding, Inquiry
from comity.instant import Instant, parse_local
from comity.law.library import Library
from comity.law.vocabulary import DataClass, Purpose
from comity.ledger.audit import check_entry
from comity.records.record import Record
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import OpenedEntry, check_ledger, entry, opened, size
from comity.store.sqlite.records import Listing, find_by_list
from comity.web.app import create_gateway
from comity.web.client import Client, Disclosed, Refused
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.stream import Closed
from comity.web.view import Views

ZONE = "America/New_York"
ICE_TEXT, ATF_TEXT = "philadelphia-pars-ice@2", "philadelphia-pars-atf@1"
CHRIA = "pennsylvania-chria@1"
WATCHED_CLASSES = (DataClass.CHARGES, DataClass.COURT, DataClass.CUSTODY)
ROOT = Path(__file__).resolve().parents[2]
COMITY = (sys.executable, "-c", "from comity.cli.main import main; main()")


def gateway_on(database: Database, clock: HandClock) -> Gateway:
    """The gateway of `comity demo`."""
    desk = Desk(
        database,
        Views(database),
        StoredRecords(database, os.urandom, time_zone=ZONE, hold_birthplace=True),
        clock=clock,
        randomness=os.urandom,
        limits=Limits(),
    )
    return create_gateway(desk, heartbeat_seconds=0.2, poll_seconds=0.2)


class Played:
    """The evening as it was told, and the ledger it left."""

    def __init__(self, rehearsal: Rehearsal, told: list[Told], founded: int) -> None:
        self.rehearsal = rehearsal
        self.scene = rehearsal.scene
        self.database = rehearsal.database
        self.told = told
        self.founded = founded
        self.left = size(self.database.reader())

    def one(self, title: str) -> Told:
        """The one thing of that title."""
        (found,) = [one for one in self.told if one.title.startswith(title)]
        return found

    def entries(self, told: Told) -> list[OpenedEntry]:
        """The entries of what was told."""
        assert told.entries, told.title
        return [opened(self.database.reader(), index) for index in told.entries]

    def entry(self, title: str) -> OpenedEntry:
        """The one entry of the one thing of that title."""
        (found,) = self.entries(self.one(title))
        return found

    def all_entries(self) -> list[OpenedEntry]:
        """Every entry of the ledger."""
        reader = self.database.reader()
        return [opened(reader, index) for index in range(size(reader))]

    def sent(self, ori: str) -> list[str]:
        """The ids of the events that left to an agency, in the order of their entries."""
        return [
            one.subject["event"]
            for one in self.all_entries()
            if one.subject is not None
            and one.subject.get("event") is not None
            and one.request["ori"] == ori
            and one.decision["kind"] == "disclosure"
        ]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Played]:
    """The whole demo, once."""
    path = tmp_path_factory.mktemp("city") / "comity.db"
    with Database.open(path, create=True) as database:
        rehearsal = rehearse_city(database, shipped("law"), SEED, lambda _: None)
        founded = size(database.reader())
        with playing(rehearsal, lambda clock: gateway_on(database, clock)) as evening_played:
            told = list(evening_played.play())
        yield Played(rehearsal, told, founded)


def clauses(entry: OpenedEntry) -> list[tuple[str, str]]:
    """What an entry cites."""
    return [(one["instrument"], one["clause"]) for one in entry.decision["clauses"]]


def ruling(entry: OpenedEntry, act: str) -> dict[str, Any]:
    """What was decided on one act."""
    (found,) = [one for one in entry.decision["rulings"] if one["act"] == act]
    assert isinstance(found, dict)
    return found


def test_an_inquiry_is_answered_with_its_clause(played: Played) -> None:
    told, kept = played.one("Answered, with its clauses"), played.entry("Answered, with its")
    asked = played.scene.roles["asked by name"]
    assert told.outcome == "permit"
    assert clauses(kept) == [(ICE_TEXT, "3.1")]
    assert "clause 3.1 of philadelphia-pars-ice@2" in told.words
    (data,) = told.data
    assert set(data) == {"existence", "identity", "charges", "court"}
    assert asked.person.sur_name in json.dumps(data["identity"])
    assert data["existence"] == {"record_id": asked.record_id}
    assert kept.content == {"disclosed": data}


def test_another_is_reduced(played: Played) -> None:
    """Victims and witnesses stay where they are (16 July 2010)."""
    told, kept = played.one("Answered in part"), played.entry("Answered in part")
    assert told.outcome == "permit reduced"
    assert set(told.data[0]) == {"existence", "identity", "charges", "court"}
    parties = ruling(kept, "see parties")
    assert (parties["outcome"], parties["clauses"]) != ("permit", [])
    assert parties["clauses"] == [f"{ICE_TEXT}#4.1"]
    assert ruling(kept, "see custody")["clauses"] == []
    for bystander in ("victim", "witness"):
        assert bystander not in json.dumps(told.data)


def test_one_is_refused_for_its_purpose(played: Played) -> None:
    told, kept = played.one("Refused for its purpose"), played.entry("Refused for its purpose")
    assert (told.outcome, told.data) == ("refuse", ())
    assert (ICE_TEXT, "3.3") in clauses(kept)
    assert kept.request["purpose"] == "civil immigration enforcement"
    assert kept.content == {"disclosed": {}}


def test_everyone_born_abroad_is_refused(played: Played) -> None:
    """18 Pa.C.S. § 9121(b.1): an identifying characteristic other than where one was born."""
    told, kept = played.one('Refused: "everyone born abroad"'), played.entry('Refused: "every')
    assert (told.outcome, told.data) == ("refuse", ())
    assert clauses(kept) == [(CHRIA, "1")]
    assert kept.request["query"] == "list"


def test_sealed_and_never_given_are_told_apart_by_nothing(played: Played) -> None:
    sealed, nobody = played.one("A sealed record"), played.one("A number never given")
    assert sealed.outcome == nobody.outcome == "withhold"
    assert (sealed.words, sealed.clauses) == (nobody.words, nobody.clauses)
    one, other = played.entry("A sealed record"), played.entry("A number never given")
    assert one.decision == other.decision
    assert one.request == other.request


def test_sealed_juvenile_expunged_and_never_given_get_the_same_bytes(played: Played) -> None:
    """Over the wire: all but inquiry id, entry, commitment and time."""
    roles = played.scene.roles
    numbers: dict[str, str] = {
        role: roles[role].record_id for role in ("sealed", "juvenile", "expunged")
    }
    numbers |= {"nobody": "2018-0409-0000"}
    clock = HandClock(Instant(MIDNIGHT + 10_000))
    wire = Wire()
    with serving(gateway_on(played.database, clock)) as url:
        held = played.rehearsal.cast.agency_keys[ATF_ORI]
        with client_of(url, held, clock, wire) as client:
            for role, number in numbers.items():
                client.ask(inquiry(f"same-{role}", ATF_ORI, ByIdentifier(record_id=number)))
    bodies = {
        re.sub(
            rb'"inquiry_id":"[^"]+"|"index":\d+|"commitment":"[^"]+"|"at":"[^"]+"', b"", received
        )
        for _, _, received in wire.received
    }
    heads = {(status, headers) for status, headers, _ in wire.received}
    assert len(wire.received) == len(numbers)
    assert len(bodies) == 1
    assert len(heads) == 1, "status and the names of the headers are the same"
    assert b"clause 5.1 of philadelphia-pars-atf@1" in bodies.pop()


def test_held_approved_and_fetched(played: Played) -> None:
    held = played.one("Place of birth: held for approval")
    fetched = played.one("Approved by the custodian, and fetched")
    kept = played.entry("Place of birth: held for approval")
    assert "birthplace" not in held.data[0]
    assert ruling(kept, "see birthplace")["outcome"] == "hold for approval"
    assert fetched.outcome == "permit"
    assert set(fetched.data[0]) == {"existence", "birthplace", "charges"}
    after = played.entry("Approved by the custodian, and fetched")
    assert after.request["approved"]
    assert not kept.request["approved"]
    assert (ATF_TEXT, "3.4") in clauses(after)
    between = opened(played.database.reader(), after.index - 1)
    assert (between.decision["kind"], between.decision["approved"]) == ("approval", True)


def test_the_stray_event_is_quarantined_without_its_content(played: Played) -> None:
    assert played.one("An event for an expunged record").outcome == "quarantined"
    reader = played.database.reader()
    assert reader.execute("SELECT body, record_id FROM quarantine").fetchall() == [(b"", None)]
    # What the event brought, and what the record held of it, stands in no table.
    contact = played.scene.stray.parts.contact
    assert contact is not None
    assert contact.address is not None
    tables = [
        name for (name,) in reader.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")
    ]
    assert {"event", "record", "quarantine", "entries"} <= set(tables)
    for table in tables:
        for row in reader.execute(f"SELECT * FROM {table}"):  # noqa: S608 - names of the schema
            assert contact.address not in repr(row), table


def test_each_agency_is_sent_what_occurred_in_its_term(played: Played) -> None:
    watched = played.scene.roles["watched"].record_id
    local = {
        event.event_id: event.occurred_at
        for event in played.scene.during
        if event.record_id == watched
    }
    in_term = ["2018-08-31T22:10", "2018-08-31T23:40", "2018-08-31T23:59:59.999"]
    afterwards = ["2018-09-01T00:00", "2018-09-01T00:00:07"]
    assert [local[event] for event in played.sent(ICE_ORI)] == [
        parse_local(one, ZONE) for one in in_term
    ]
    assert [local[event] for event in played.sent(ATF_ORI)] == [
        parse_local(one, ZONE) for one in in_term + afterwards
    ]
    arrived = [one for one in played.told if one.title.startswith("Live to ")]
    assert [one.title.split(":")[0] for one in arrived].count("Live to ICE") == 3
    assert [one.title.split(":")[0] for one in arrived].count("Live to ATF") == 5


def test_the_subscription_is_cut_at_the_last_instant_of_the_term(played: Played) -> None:
    told = played.one("Cut at the last instant of the term")
    kept = played.entry("Cut at the last instant of the term")
    assert (told.outcome, told.at) == ("closed", "2018-09-01T04:00:00.000Z")
    assert kept.decision["kind"] == "subscription closed"
    assert kept.decision["at"] == "2018-09-01T04:00:00.000Z"
    assert clauses(kept) == [(ICE_TEXT, "2.2")]
    assert kept.request["ori"] == ICE_ORI


def test_a_second_later_it_is_refused_and_the_side_door_too(played: Played) -> None:
    again = played.entry("The first inquiry again, a second later")
    side = played.entry("The side door")
    for kept in (again, side):
        assert kept.decision["outcome"] == "refuse"
        assert kept.content == {"disclosed": {}}
        assert clauses(kept) == [(ICE_TEXT, "2.2")]
        assert "not renewed" in kept.decision["reason"]
        assert kept.decision["at"] == "2018-09-01T04:00:01.000Z"
    first = played.entry("Answered, with its clauses")
    asked = ("ori", "officer", "purpose", "query", "data_classes", "key_id")
    assert [again.request[name] for name in asked] == [first.request[name] for name in asked]
    assert side.request["ori"] == SHERIFF_ORI
    assert side.request["on_behalf_of"]["ori"] == ICE_ORI


def test_another_agencys_agreement_goes_on(played: Played) -> None:
    told, kept = played.one("Another agency's agreement"), played.entry("Another agency's agr")
    assert told.outcome == "permit"
    assert clauses(kept) == [(ATF_TEXT, "3.1")]
    assert kept.decision["at"] == "2018-09-01T04:00:01.000Z"


def test_every_answer_has_its_entries_and_the_ledger_recomputes(played: Played) -> None:
    reader = played.database.reader()
    assert check_ledger(reader) == ()
    silent = [one.title for one in played.told if not one.entries]
    assert silent == ["An event for an expunged record"]
    for told in played.told:
        kept = [entry(reader, index) for index in told.entries]
        assert all(check_entry(one) == () for one in kept)
        disclosed = [found.content for found in played.entries(told)] if told.data else []
        assert disclosed == [{"disclosed": data} for data in told.data]
    left = range(played.founded, played.left)
    told_of = {index for told in played.told for index in told.entries}
    unasked = [opened(reader, index).decision["kind"] for index in left if index not in told_of]
    assert set(unasked) == {"approval", "restoration"}


def test_no_request_or_decision_holds_a_mark_of_anybody(played: Played) -> None:
    """Of nobody in the scene, and of nobody who was arrested in the days before."""
    markers = {
        str(value)
        for role in played.scene.roles.values()
        for value in (
            role.record_id,
            *msgspec.to_builtins(role.person.identity()).values(),
            *msgspec.to_builtins(role.person.contact).values(),
            role.person.person_id,
        )
        if len(str(value)) > 3
    }
    records: tuple[Record, ...] = find_by_list(played.database.reader(), Listing(), 10_000)
    assert len(records) > 300
    for record in records:
        markers |= {record.record_id, record.person_id}
        if record.identity is not None:
            markers |= {str(record.identity.sur_name), str(record.identity.state_id)}
    markers -= {"None"}
    said = [
        msgspec.json.encode([one.request, one.decision]).decode() for one in played.all_entries()
    ]
    everything = "\n".join(said)
    assert len(markers) > 500
    assert [marker for marker in markers if marker in everything] == []


def test_the_demo_tells_of_the_evening_in_order(played: Played) -> None:
    times = [one.at for one in played.told]
    assert times == sorted(times)
    assert times[0] == "2018-09-01T02:00:00.000Z"


class Wire(httpx.BaseTransport):
    """A real connection that keeps what came over it."""

    def __init__(self) -> None:
        self._inner = httpx.HTTPTransport()
        self.received: list[tuple[int, tuple[str, ...], bytes]] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass it on, and note what came back."""
        response = self._inner.handle_request(request)
        body = response.read()
        names = tuple(sorted(name.lower() for name in response.headers))
        self.received.append((response.status_code, names, body))
        return response

    def close(self) -> None:
        """Close the connection."""
        self._inner.close()


def client_of(
    url: str, held: AgencyKey, clock: HandClock, transport: httpx.BaseTransport | None = None
) -> Client:
    """A client that signs with a key of the cast."""
    return Client(
        url,
        held.key.key_id,
        held.private_key,
        clock=clock,
        randomness=os.urandom,
        transport=transport,
    )


def inquiry(inquiry_id: str, ori: str, query: ByIdentifier | ByStanding) -> Inquiry:
    """A criminal investigation of what is followed in the demo."""
    return Inquiry(
        inquiry_id=inquiry_id,
        officer=demo_cast(SEED).officer(ori),
        purpose=Purpose.CRIMINAL_INVESTIGATION,
        data_classes=WATCHED_CLASSES,
        query=query,
        case_number="18-CR-0441",
    )


def test_what_is_told_late_of_the_term_is_not_sent_after_it(tmp_path: Path) -> None:
    """Occurred at 23:50, handed in at 00:05: ICE connects again and is told the end, ATF the event."""
    cast, scene = demo_cast(SEED), evening(SEED)
    texts = {text.ref: text for text in Library.load(shipped("law")).instruments}
    clock = HandClock(EVENING)
    watched = scene.roles["watched"].record_id
    early = [
        event
        for event in scene.during
        if event.record_id == watched and event.occurred_at < scene.late.occurred_at
    ]
    with Database.open(tmp_path / "comity.db", create=True) as database:
        found_city(database, cast, texts, os.urandom)
        play(database, scene.before)
        with (
            serving(gateway_on(database, clock)) as url,
            client_of(url, cast.agency_keys[ICE_ORI], clock) as ice,
            client_of(url, cast.agency_keys[ATF_ORI], clock) as atf,
            client_of(url, cast.source_key, clock) as feed,
        ):
            last = {}
            for ori, client in ((ICE_ORI, ice), (ATF_ORI, atf)):
                opening = inquiry(f"late-{ori}", ori, ByStanding(record_ids=(watched,)))
                assert client.subscribe(opening).outcome == "permit"
            clock.at = early[-1].occurred_at
            feed.hand_in(early)
            for ori, client in ((ICE_ORI, ice), (ATF_ORI, atf)):
                messages = client.events(f"late-{ori}", reconnect=False)
                for message in islice(messages, len(early)):
                    assert isinstance(message, Disclosed)
                    last[ori] = message.event_id
            clock.at = Instant(MIDNIGHT + 300_000)
            assert feed.hand_in([scene.late]).quarantined == ()
            (closed,) = ice.events(f"late-{ICE_ORI}", last[ICE_ORI], reconnect=False)
            assert isinstance(closed, Closed)
            assert [one["clause"] for one in closed.clauses] == ["2.2"]
            late = next(atf.events(f"late-{ATF_ORI}", last[ATF_ORI], reconnect=False))
            assert isinstance(late, Disclosed)
            assert [set(one.data) for one in late.answer.shown] == [{"existence", "court"}]
            with pytest.raises(Refused) as raised:
                next(ice.events(f"late-{ICE_ORI}", last[ICE_ORI], reconnect=False))
            assert raised.value.problem.type == "/problems/not-subscribed"
        reader = database.reader()
        about = [
            (found.request["ori"], found.decision["kind"])
            for found in (opened(reader, index) for index in range(size(reader)))
            if found.subject is not None and found.subject.get("event") == scene.late.event_id
        ]
        # More than once where the gateway had not yet seen that ATF hung up: over-reported.
        assert set(about) == {(ATF_ORI, "disclosure")}
        assert check_ledger(reader) == ()
