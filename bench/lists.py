"""Lists over a million records: the store's own SQL, beside deciding every candidate in memory.

One gateway's desk in this process, with law, registry and records as the commands leave them. A
list is measured whole: found, decided, each row decided again by the engine, sealed, durable,
answered. Inquirers of three kinds (`bench.list_law` and a shipped agreement) ask for common and
rare names, statutes, places and days, first, middle and last pages, in a shuffled order; the old
way, which the desk falls back to, is asked the same under its cap, in the same run. `limit_ms` is
the promise. Every answer of the old way that is one is compared with the new one.
"""

from __future__ import annotations

import asyncio
import gc
import os
import random
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from hashlib import sha256
from itertools import count
from pathlib import Path
from time import perf_counter
from typing import Final

import msgspec

from bench.bench_law import PARTY, write_texts
from bench.comity_side import adopt
from bench.figure import Figure, three_digits
from bench.list_law import ID, NARROW, WIDE, list_text
from bench.list_people import name, place, register, statute
from comity.cli.ingest import suit_process_to_bulk
from comity.cli.output import clock
from comity.disclosure.answer import Answer
from comity.disclosure.inquiry import ByList, Inquiry, Ori
from comity.disclosure.registry import Agency, Key, Officer
from comity.instant import Instant
from comity.law.signing import PrivateKey, public_half
from comity.law.vocabulary import DataClass, Purpose
from comity.records.ingest import Message, take_in
from comity.store.sqlite.database import Database
from comity.store.sqlite.records import SqliteRecords
from comity.store.sqlite.registry import Made, add_agency, add_key, add_officer
from comity.web.caller import Caller
from comity.web.limits import Limits
from comity.web.records_held import StoredRecords
from comity.web.service import Desk
from comity.web.signature import Proven
from comity.web.view import Views

RECORDS: Final = 1_000_000
ROUNDS: Final = 6
OLD_ROUNDS: Final = 1
PAGE_SIZES: Final = (50, 200)
LIMIT_MS: Final = 50
OFF: Final = "the bench measures the old way"
CLASSES: Final = (DataClass.IDENTITY, DataClass.CHARGES, DataClass.CUSTODY)
AGENCIES: Final = {PARTY: "DCATF0000", WIDE: "XXWIDE000", NARROW: "XXNARROW0"}

QUERIES: Final = {
    "the most common name": ByList(sur_name=name(0)),
    "a common name": ByList(sur_name=name(40)),
    "a rare name": ByList(sur_name=name(3_000)),
    "a common name, a year": ByList(
        sur_name=name(2), arrested_from="2014-01-01", arrested_until="2014-12-31"
    ),
    "a name of some 180": ByList(sur_name=name(620)),
    "a month, a statute": ByList(
        arrested_from="2015-06-01", arrested_until="2015-06-30", charge_statute=statute(12)
    ),
    "a day": ByList(arrested_from="2015-06-01", arrested_until="2015-06-01"),
    "a day, a statute": ByList(
        arrested_from="2015-06-01", arrested_until="2015-06-01", charge_statute=statute(0)
    ),
    "a year, in custody": ByList(
        arrested_from="2014-01-01", arrested_until="2014-12-31", in_custody=True
    ),
    "the most common statute": ByList(charge_statute=statute(0)),
    "a common statute, in custody, a year": ByList(
        charge_statute=statute(1),
        in_custody=True,
        arrested_from="2014-01-01",
        arrested_until="2014-12-31",
    ),
    "a rare statute": ByList(charge_statute=statute(399)),
    "a rare statute, a rare place": ByList(charge_statute=statute(300), birthplace=place(120)),
    "a common statute, a common place, a week": ByList(
        charge_statute=statute(2),
        birthplace=place(1),
        arrested_from="2013-03-04",
        arrested_until="2013-03-10",
    ),
    "a rare place, in custody": ByList(birthplace=place(149), in_custody=True),
    "in custody, not of the most common place": ByList(birthplace_not=place(0), in_custody=True),
    "everybody": ByList(),
}


class Taken(msgspec.Struct):
    """Milliseconds of each list asked for, by its words."""

    by_query: dict[str, list[float]]

    def at(self, share: float) -> float:
        """The time that this share of all lists kept within."""
        every = sorted(ms for times in self.by_query.values() for ms in times)
        return every[min(len(every) - 1, int(len(every) * share))]

    def worst(self) -> tuple[str, float]:
        """The slowest list by the median of its rounds."""
        middle = {words: sorted(times)[len(times) // 2] for words, times in self.by_query.items()}
        words = max(middle, key=middle.__getitem__)
        return words, middle[words]


class Asking(msgspec.Struct, frozen=True):
    """One list to ask for. `of` is how many records it may see."""

    words: str
    party: str
    query: ByList
    of: int


def measure(records: int = RECORDS) -> Iterator[Figure]:
    """The whole answer in milliseconds, at its middle and its end, and the old way beside it."""
    with (
        tempfile.TemporaryDirectory(prefix="comity-bench-") as folder,
        Database.open(Path(folder) / "comity.db", create=True) as database,
    ):
        write_register(database, Path(folder), records)
        yield from figures(database, records)


def write_register(database: Database, folder: Path, records: int) -> None:
    """Law adopted, agencies entered, records taken in by the path that files take."""
    for instrument in (*write_texts(folder / "law"), list_text()):
        adopt(database, instrument)
    made = Made("bench", clock(), os.urandom)
    for party, ori in AGENCIES.items():
        _enter(database, party, Ori(ori), made)
    begun = perf_counter()
    switching, collecting = sys.getswitchinterval(), gc.get_threshold()
    suit_process_to_bulk()  # as the command does
    store = SqliteRecords(database, os.urandom)
    messages: Iterator[Message] = (
        (str(number), event, {}) for number, event in enumerate(register(records))
    )
    taken = take_in(messages, store, clock)
    if taken.applied != taken.messages:
        raise RuntimeError(f"not every event was applied: {taken}")
    sys.setswitchinterval(switching)
    gc.set_threshold(*collecting)
    _say(f"{taken.messages:,} events in {perf_counter() - begun:.0f} s")


def figures(database: Database, records: int) -> Iterator[Figure]:
    """Measure over a register that is there."""
    sql, old = Asker(database), Asker(database, old=True)
    askings = [one for words, query in QUERIES.items() for one in sql.askings(words, query)]
    classes: int = database.reader().execute("SELECT count(*) FROM record_class").get
    taken, answers = sql.measure(askings, ROUNDS)
    before, earlier = old.measure(askings, OLD_ROUNDS)
    compared = _compare(answers, earlier)
    if sql.faults():
        raise RuntimeError(f"a list disagreed with the engine: {sql.faults()}")
    words, worst = taken.worst()
    slow, slowest = before.worst()
    beside: dict[str, float | int | str | bool | None] = {
        "records": records,
        "classes": classes,
        "lists": sum(map(len, taken.by_query.values())),
        "limit_ms": LIMIT_MS,
        "old_showed_nothing": len(earlier) - compared,
        "of_these_now_answered": sum(
            before.of is None and answers[words].of is not None for words, before in earlier.items()
        ),
        "old_answers_that_agreed": compared,
    }
    for label, share in (("p50_ms", 0.5), ("p99_ms", 0.99)):
        yield Figure(
            bench="lists",
            figure=f"list_{label}",
            value=three_digits(taken.at(share)),
            unit="ms",
            against={**beside, f"old_{label}": three_digits(before.at(share))},
            ratio=three_digits(taken.at(share) / before.at(share)),
        )
    yield Figure(
        bench="lists",
        figure="slowest_list_ms",
        value=three_digits(worst),
        unit="ms",
        against={"what": words, "old_slowest_ms": three_digits(slowest), "old_what": slow},
        ratio=three_digits(worst / slowest),
    )


class Asker:
    """Asks as the agencies do, past the signature check."""

    def __init__(self, database: Database, *, old: bool = False) -> None:
        self._desks = {
            party: _desk(database, (ID,) if party in (WIDE, NARROW) else _SHIPPED, old=old)
            for party in AGENCIES
        }
        self._numbers = count()
        self._prefix = f"{'old' if old else 'sql'}-{os.urandom(4).hex()}"

    def askings(self, words: str, query: ByList) -> Iterator[Asking]:
        """First, middle and last page of a list, for every agency that may ask for it."""
        for party in AGENCIES:
            answer = asyncio.run(self.ask(party, query))
            of = answer.of or 0
            _say(f"{party}: {words}: {answer.outcome} {of or (answer.reason or '')[:60]}")
            for size in PAGE_SIZES if of > min(PAGE_SIZES) else PAGE_SIZES[:1]:
                pages = max(1, -(-of // size))
                for page in sorted({1, (pages + 1) // 2, pages}):
                    paged = msgspec.structs.replace(query, page=page, page_size=size)
                    yield Asking(f"{party}: {words}, page {page} of {pages}", party, paged, of)

    def measure(self, askings: Sequence[Asking], rounds: int) -> tuple[Taken, dict[str, Answer]]:
        """Ask for each, so many times, in an order of its own each time."""
        taken = Taken({})
        answers: dict[str, Answer] = {}
        dice = random.Random(7)

        async def all_of_them() -> None:
            for _ in range(rounds):
                for asking in dice.sample(askings, len(askings)):
                    begun = perf_counter()
                    answer = await self.ask(asking.party, asking.query)
                    ms = (perf_counter() - begun) * 1000
                    taken.by_query.setdefault(asking.words, []).append(ms)
                    answers[asking.words] = answer

        asyncio.run(all_of_them())
        return taken, answers

    async def ask(self, party: str, query: ByList) -> Answer:
        """One list, answered durably."""
        number = next(self._numbers)
        inquiry = Inquiry(
            inquiry_id=f"{self._prefix}-{party}-{number}",
            officer="4711",
            purpose=Purpose.CRIMINAL_INVESTIGATION,
            data_classes=CLASSES,
            query=query,
            case_number="DC-18-000001",
        )
        body = msgspec.json.encode(inquiry)
        desk, at = self._desks[party], clock()
        proven = Proven(party, inquiry.inquiry_id, Instant(at + 60_000), sha256(body).hexdigest())
        key = Key(party, _public(party), Ori(AGENCIES[party]), at)
        return await desk.ask(Caller(key, proven), body)

    def faults(self) -> list[str]:
        """What disagreed with the engine."""
        return [desk.lists_fault for desk in self._desks.values() if desk.lists_fault]


_SHIPPED: Final = (
    "pennsylvania-chria",
    "philadelphia-executive-order-5-16",
    "philadelphia-pars-atf",
)


def _desk(database: Database, stack: Sequence[str], *, old: bool) -> Desk:
    holdings = StoredRecords(
        database, os.urandom, time_zone="America/New_York", hold_birthplace=True
    )
    desk = Desk(
        database,
        Views(database, stack),
        holdings,
        clock=clock,
        randomness=os.urandom,
        limits=Limits(),
        time_zone="America/New_York",
    )
    if old:
        desk.lists_fault = OFF
    return desk


def _enter(database: Database, party: str, ori: Ori, made: Made) -> None:
    agency = Agency(ori, f"Bench {party}", (party,), criminal_justice=True)
    key = Key(party, _public(party), ori, made.at)
    jobs: tuple[Callable[..., object], ...] = (
        partial(add_agency, agency=agency, made=made),
        partial(add_key, key=key, made=made),
        partial(add_officer, officer=Officer(ori, "4711", made.at), made=made),
    )
    for job in jobs:
        database.write(job).result()


def _public(party: str) -> bytes:
    return public_half(PrivateKey(sha256(party.encode()).digest()))


def _compare(answers: dict[str, Answer], old: dict[str, Answer]) -> int:
    """How many answers of the old way were within its cap; each must be the new one's twin."""
    compared = 0
    for words, before in old.items():
        if before.of is None:
            continue
        now = answers[words]
        rows = [[one.data for one in answer.shown] for answer in (before, now)]
        if (before.outcome, before.of) != (now.outcome, now.of) or rows[0] != rows[1]:
            raise RuntimeError(f"the two ways disagree: {words}")
        compared += 1
    return compared


def _say(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr, flush=True)
