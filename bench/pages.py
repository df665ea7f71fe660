"""What a page costs: server time of every page of the demo's city, the front page after a year, weights.

The city is the demo's after its evening, with a paper at its jail. Every page that somebody reaches
by links is asked for in process over ASGI, so that no socket and no client is in the number; each is
asked for once to be warm, then seven times, and the median counts. `page_ms_max` is the slowest page's.

`front_page_ms_year`: the same front page once 100,000 further answers of a year stand in the ledger.
They are sealed and appended by the real functions (`disclosure.seal`, `store.sqlite.append`) in write
jobs of 1,000, decided once for each agency, and told apart by their instants; the figures catch up by
themselves (`store.sqlite.figures`), which is timed beside it. `page_bytes_max` is a page with all it
loads, as it is before compression.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
import tempfile
from collections import deque
from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Final
from urllib.parse import urljoin, urlsplit

import httpx
import msgspec

from bench.figure import Figure, median, three_digits
from comity.access.account import Account, Role
from comity.city.cast import ATF_ORI
from comity.city.demonstration import Evening, HandClock, serving
from comity.city.rehearsal import PLACES, SEED, Rehearsal, rehearse_city
from comity.city.scenes import EVENING
from comity.city.trail import ICE_ORI
from comity.cli.demo import ZONE
from comity.cli.init import found_installation
from comity.cli.ledger_publish import publisher_of
from comity.cli.settings import load_settings, shipped
from comity.custody.paper import Paper
from comity.disclosure.decide import decide
from comity.disclosure.inquiry import Asked, ByIdentifier, Inquirer, Inquiry, Ori
from comity.disclosure.seal import Signed, seal_shown
from comity.instant import Instant
from comity.law.paper import Office
from comity.law.vocabulary import DataClass, Purpose
from comity.ledger.entry import SealedEntry
from comity.ledger.randomness import DrawnAhead
from comity.store.publishing import Publisher
from comity.store.sqlite.append import append_entries, size
from comity.store.sqlite.custody_arrival import Handed, arrive
from comity.store.sqlite.custody_decide import basis_now
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import find_record
from comity.store.sqlite.registry import Made
from comity.web.app import create_gateway
from comity.web.gateway import Gateway
from comity.web.limits import Limits
from comity.web.pages.app import create_faces, stand_behind
from comity.web.pages.console_rules import shipped_console
from comity.web.pages.every import every_face
from comity.web.pages.front import face_at, of_gateway
from comity.web.pages.headers import cookie_name
from comity.web.pages.session import Found, cookie_digest, new_cookie
from comity.web.pages.visit import House
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.view import Views

ROUNDS: Final = 7
YEAR_ENTRIES: Final = 100_000
PIECE: Final = 1_000
DAY_MS: Final = 86_400_000
CATCH_UP_LOOKS: Final = 1_200
LOOK_SECONDS: Final = 0.05
TARGET_MS: Final = 30
TARGET_YEAR_MS: Final = 10
TARGET_BYTES: Final = 60_000
TOLD: Final = 5
"""How many of the slowest pages are named."""
_HREF: Final = re.compile(r'href="([^"]+)"')
_LOADED: Final = re.compile(r'(?:<script[^>]* src|<link rel="(?:stylesheet|icon)" href)="([^"]+)"')
_CLASSES: Final = (DataClass.IDENTITY, DataClass.CHARGES, DataClass.COURT)


def measure() -> Iterator[Figure]:
    """The slowest page, the heaviest, and the front page after a year."""
    with tempfile.TemporaryDirectory(dir=os.environ.get("BENCH_FOLDER")) as name:
        file = found_installation(
            Path(name) / "city",
            {
                "custodian": "city",
                "time_zone": ZONE,
                "law": "law",
                "hold_birthplace": True,
                "rehearsal_seconds": 0,
            },
            places=PLACES,
        )
        settings = load_settings(file)
        with Database.open(file.parent / "comity.db") as database:
            rehearsal = rehearse_city(database, shipped("law"), SEED, lambda _: None)
            city = _City(rehearsal, publisher_of(settings, database, EVENING))
            city.evening()
            yield from asyncio.run(_measured(city))


class _Sessions:
    """Who is signed in, by the digest of the cookie."""

    def __init__(self) -> None:
        self.known: dict[bytes, Found] = {}

    def key(self) -> bytes:
        return bytes(32)

    def find(self, digest: bytes, at: Instant, *, used: bool = True) -> Found | None:
        found = self.known.get(digest)
        return None if found is None else msgspec.structs.replace(found, at=at)


class _City:
    """The demo's city with its pages, in process."""

    def __init__(self, rehearsal: Rehearsal, publisher: Publisher | None) -> None:
        if publisher is None:
            raise RuntimeError("the city that was founded has no key for its log")
        self.rehearsal, self.publisher = rehearsal, publisher
        self.database = rehearsal.database
        self.clock = HandClock(EVENING)
        self.desk = Desk(
            self.database,
            Views(self.database),
            StoredRecords(self.database, os.urandom, time_zone=ZONE, hold_birthplace=True),
            clock=self.clock,
            randomness=os.urandom,
            limits=Limits(),
            time_zone=ZONE,
        )
        self.house = House(self.desk, "City (bench)", shipped_console(), publisher, "")
        self.gateway: Gateway = create_gateway(self.desk, publisher=publisher)
        sessions = _Sessions()
        stand_behind(self.gateway, create_faces(self.house, every_face(), sessions))
        staff = frozenset(role for role in Role if role is not Role.ANALYST)
        analyst = frozenset({Role.ANALYST})
        self.cookies: dict[str, dict[str, str]] = {"visitor": {}}
        for who in (
            Account("staff", staff, EVENING),
            Account("analyst", analyst, EVENING, Ori(ATF_ORI), "atf-0417"),
        ):
            cookie = new_cookie(os.urandom)
            digest = cookie_digest(cookie)
            sessions.known[digest] = Found(who, digest, EVENING, strong=True)
            self.cookies[who.handle] = {cookie_name(self.house, "session"): cookie}

    def evening(self) -> None:
        """Play it over loopback, let a paper come, and sign the log."""
        # One that has stopped serving answers no more, so the evening has a gateway of its own.
        with serving(create_gateway(self.desk, publisher=self.publisher)) as url:
            evening = Evening(self.rehearsal, self.clock, url)
            for _ in evening.play():
                pass
            evening.close()
        at = self.clock()
        record = self.rehearsal.scene.roles["asked by name"].record_id
        paper = Paper(
            form="DHS Form I-247A (2/17)",
            signed_by=Office.DEPORTATION_OFFICER,
            names_subject=True,
            issued_on="2018-08-30",
            served=True,
            box_1=True,
            box_1_grounded=True,
            box_2=False,
            attached=("I-200",),
        )
        arrive(
            self.database,
            Handed(record, ICE_ORI, paper, None, paper_id="paper-1"),
            lambda: basis_now(self.database.reader(), self.desk.views.stack, at),
            ZONE,
            Made("bench", at, os.urandom),
        )
        self.publisher.publish(at)

    def client(self, who: str) -> httpx.AsyncClient:
        """A browser of somebody, in process."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(app=self.gateway),
            base_url="http://127.0.0.1:8722",
            cookies=self.cookies[who],
        )


async def _measured(city: _City) -> Iterator[Figure]:
    times: dict[str, float] = {}
    weights: dict[str, int] = {}
    loaded: dict[str, int] = {}
    for who in city.cookies:
        async with city.client(who) as client:
            for face, path in (await _reached(client)).items():
                if face in times:
                    continue
                times[face] = await _median_ms(client, path)
                weights[face] = await _weight(client, path, loaded)
    slowest = sorted(times, key=lambda face: -times[face])
    heaviest = max(weights, key=lambda face: weights[face])
    figures = [
        Figure(
            bench="pages",
            figure="page_ms_max",
            value=three_digits(times[slowest[0]]),
            unit="ms",
            against={
                "pages": len(times),
                "median_ms": three_digits(median(list(times.values()))),
                "over_target": sum(one > TARGET_MS for one in times.values()),
                "target_ms": TARGET_MS,
                **{face: three_digits(times[face]) for face in slowest[:TOLD]},
            },
            ratio=three_digits(times[slowest[0]] / TARGET_MS),
        ),
        Figure(
            bench="pages",
            figure="page_bytes_max",
            value=weights[heaviest],
            unit="B",
            against={
                "page": heaviest,
                "median_bytes": round(median(list(weights.values()))),
                "target_bytes": TARGET_BYTES,
            },
            ratio=three_digits(weights[heaviest] / TARGET_BYTES),
        ),
    ]
    figures.append(await _after_a_year(city))
    return iter(figures)


async def _reached(client: httpx.AsyncClient) -> Mapping[str, str]:
    """One address of each face that is reached by links."""
    faces = every_face()
    begin = ["/", *(face.path for face in faces if face.menu and "{" not in face.path)]
    found: dict[str, str] = {}
    seen, waiting = set(begin), deque(begin)
    while waiting:
        path = waiting.popleft()
        at = face_at(faces, urlsplit(path).path)
        if at is None or at[0].path in found or of_gateway(path):
            continue
        reply = await client.get(path)
        if reply.status_code != 200 or "text/html" not in reply.headers["content-type"]:
            continue
        found[at[0].path] = path
        for href in _HREF.findall(reply.text):
            target = urlsplit(urljoin(path, href.replace("&amp;", "&")))
            one = target.path + (f"?{target.query}" if target.query else "")
            if not target.netloc and one not in seen and "lang=" not in one:
                seen.add(one)
                waiting.append(one)
    return found


async def _median_ms(client: httpx.AsyncClient, path: str) -> float:
    taken = []
    for turn in range(ROUNDS + 1):
        begun = perf_counter()
        reply = await client.get(path)
        if turn > 0:
            taken.append(1000 * (perf_counter() - begun))
        if reply.status_code != 200:
            raise RuntimeError(f"{path} answered {reply.status_code}")
    return median(taken)


async def _weight(client: httpx.AsyncClient, path: str, loaded: dict[str, int]) -> int:
    """Bytes of a page and of what it loads."""
    reply = await client.get(path)
    whole = len(reply.content)
    for one in _LOADED.findall(reply.text):
        if one not in loaded:
            loaded[one] = len((await client.get(one)).content)
        whole += loaded[one]
    return whole


async def _after_a_year(city: _City) -> Figure:
    async with city.client("visitor") as client:
        before = await _median_ms(client, "/")
    begun = perf_counter()
    for sealed in _year(city):
        city.database.write(partial(append_entries, sealed=sealed)).result()
    appended = perf_counter() - begun
    city.publisher.publish(city.clock())
    whole = size(city.database.reader())
    print(f"bench: pages: {whole:,} entries after {appended:.1f} s", file=sys.stderr)
    async with city.client("visitor") as client:
        begun = perf_counter()
        for _ in range(CATCH_UP_LOOKS):
            if (await client.get("/index.json")).json()["data"]["behind"] == 0:
                break
            await asyncio.sleep(LOOK_SECONDS)
        caught_up = perf_counter() - begun
        told = (await client.get("/index.json")).json()
        # Small counts are hidden, and with them their sum: the months are what is left to add up.
        months = [row["shown"] for row in told["tables"]["months"]["rows"]]
        shown = sum(one["text"] for one in months if isinstance(one, dict))
        if shown < YEAR_ENTRIES // 2:
            raise RuntimeError(f"the front page counts {shown} answers of {YEAR_ENTRIES}")
        after = await _median_ms(client, "/")
    return Figure(
        bench="pages",
        figure="front_page_ms_year",
        value=three_digits(after),
        unit="ms",
        against={
            "entries": whole,
            "answers_on_the_page": shown,
            "of_the_evening_ms": three_digits(before),
            "caught_up_s": three_digits(caught_up),
            "target_ms": TARGET_YEAR_MS,
        },
        ratio=three_digits(after / TARGET_YEAR_MS),
    )


def _year(city: _City) -> Iterator[tuple[SealedEntry, ...]]:
    """Answers to two agencies over the year before the evening."""
    at = Instant(EVENING - 1)
    law = city.desk.views.current().law(at)
    record = find_record(
        city.database.reader(), city.rehearsal.scene.roles["asked by name"].record_id
    )
    if record is None:
        raise RuntimeError("the record of the scene is not there")
    draw = DrawnAhead(os.urandom)
    asked = {ori: _asked(ori, party, record.record_id, at) for ori, party in _WHO}
    decided = {ori: decide(one, law, record) for ori, one in asked.items()}
    for first in range(0, YEAR_ENTRIES, PIECE):
        sealed = []
        for number in range(first, first + PIECE):
            ori = _WHO[number % len(_WHO)][0]
            when = Instant(EVENING - 365 * DAY_MS + number * 365 * DAY_MS // YEAR_ENTRIES)
            signed = Signed(f"{ori}-1", f"n{number:012}", "sha-256=:bench:")
            one = msgspec.structs.replace(asked[ori], at=when)
            decision = msgspec.structs.replace(decided[ori], at=when)
            sealed.append(seal_shown(one, record, decision, signed, draw))
        yield tuple(sealed)


_WHO: Final = ((ATF_ORI, "us-atf"), (ICE_ORI, "us-ice"))


def _asked(ori: str, party: str, record_id: str, at: Instant) -> Asked:
    inquiry = Inquiry(
        inquiry_id="bench",
        officer="o-1",
        purpose=Purpose.CRIMINAL_INVESTIGATION,
        data_classes=_CLASSES,
        query=ByIdentifier(record_id=record_id),
        case_number="18-CR-0441",
    )
    inquirer = Inquirer(Ori(ori), ori, (party,), True, "o-1")
    return Asked(
        inquiry=inquiry,
        inquirer=inquirer,
        on_behalf_of=None,
        basis=None,
        basis_fault=None,
        approved=False,
        at=at,
    )
