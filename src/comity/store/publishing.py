"""Publishing the ledger: one log a year, each with its own name, tree, head and folder.

Source: C2SP tlog-tiles, which lets nothing be pruned from a log, so that logs are cut by time;
decisions/0014. The first log has the name it was given; that of a later year Y is `<base>/Y`, where
the base is the first one's name without a year at its end. Its head is `<head>-Y`, its folder
`<folder>/Y`. Years are those of UTC.

Invariants: entries have one place in the ledger for good, and a log is a range of them; a year is
begun in a transaction of its own by whoever signs, and a log shows nothing before the one of the
year before has shown its last checkpoint; years never go back; no year is begun that a head speaks
of and the database does not. Does not: read a clock, or sign (`comity.store.shard_log`).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from comity.instant import Instant, format_instant
from comity.ledger.checkpoint import Checkpoint
from comity.ledger.key import KeyKind, SigningKey, VerifierKey
from comity.ledger.merkle import Frontier
from comity.ledger.note import Note
from comity.ledger.opening import Statement, sign_statement
from comity.ledger.tile_read import TileReader
from comity.store.head import Head
from comity.store.shard_log import WAIT_SECONDS, LedgerBehind, ShardLog, Signed
from comity.store.sqlite.database import Database
from comity.store.sqlite.tree import name_shard, shards, turn_over
from comity.store.tile_folder import TileFolder

__all__ = ["LedgerBehind", "Proved", "Publisher", "ShardLog", "Signed", "year_of"]

Fill = Callable[[], Frontier]
"""Appends to the log of now, and says which tree of it is to be signed."""

_NAMED: Final = re.compile(r"(?P<base>.+)/(?P<year>[0-9]{4})", re.ASCII)


class Proved(msgspec.Struct, frozen=True):
    """An entry's place in its log, with the path to the root of the checkpoint that is shown."""

    index: int
    path: tuple[bytes, ...]
    signed: Signed


class Publisher:
    """Signs and publishes a ledger's logs. `origin`, `head` and `folder` are the first one's.

    What is said of "the log" is of the one that entries go to now.
    """

    def __init__(
        self, database: Database, seed: bytes, origin: str, head: Head, folder: TileFolder
    ):
        self._database = database
        self._seed = seed
        first = ShardLog(database, self._key(origin), 0, head, folder)
        self._first = first
        self._logs: dict[int, ShardLog] = {0: first}
        self._ended: set[int] = set()
        """Logs that another one has followed and whose last checkpoint is shown."""

    def logs(self) -> tuple[ShardLog, ...]:
        """Every log, the first one first."""
        for shard in shards(self._database.reader())[len(self._logs) :]:
            assert shard.origin is not None  # noqa: S101 - `turn_over` gives it
            assert shard.year is not None  # noqa: S101
            self._logs[shard.number] = ShardLog(
                self._database,
                self._key(shard.origin),
                shard.number,
                self._head_of(shard.year),
                TileFolder(self._first.folder.path / str(shard.year)),
            )
        return tuple(self._logs.values())

    @property
    def log(self) -> ShardLog:
        """The log that entries go to now."""
        return self.logs()[-1]

    @property
    def head(self) -> Head:
        """Where the log's last signed checkpoint is kept."""
        return self.log.head

    @head.setter
    def head(self, head: Head) -> None:
        self.log.head = head

    @property
    def folder(self) -> TileFolder:
        """Where the log is shown."""
        return self.log.folder

    @folder.setter
    def folder(self, folder: TileFolder) -> None:
        self.log.folder = folder

    @property
    def verifier_key(self) -> VerifierKey:
        """What everybody else verifies the log's checkpoints with."""
        return self.log.verifier_key

    def verifier_key_of(self, year: int) -> VerifierKey:
        """The key of a year's log, also of one that has not begun."""
        for shard, log in zip(shards(self._database.reader()), self.logs(), strict=True):
            if shard.year == year or (shard.year is None and _year_in(log.key.name) == year):
                return log.verifier_key
        return self._key(self._origin_of(year)).verifier

    def serving(self, year: str | None) -> TileFolder | None:
        """The folder of a year's log, if it has begun; of the first log for None."""
        if year is None:
            return self._first.folder
        kept = shards(self._database.reader())
        found = (
            log for shard, log in zip(kept, self.logs(), strict=True) if f"{shard.year}" == year
        )
        return next((log.folder for log in found), None)

    def sign_opening(self, statement: Statement) -> Note:
        """The statement of a subject's opening, signed. Raises OpeningMalformed for another log's."""
        return sign_statement(statement, self.log.key)

    def signed(self) -> Signed | None:
        """As `ShardLog.signed`."""
        return self.log.signed()

    def published(self) -> Checkpoint | None:
        """As `ShardLog.published`."""
        return self.log.published()

    def shown(self) -> Signed | None:
        """As `ShardLog.shown`."""
        return self.log.shown()

    def show_cosigned(self, note: Note) -> None:
        """As `ShardLog.show_cosigned`."""
        self.log.show_cosigned(note)

    def tiles(self) -> tuple[Signed, TileReader] | None:
        """As `ShardLog.tiles`."""
        return self.log.tiles()

    def size_shown(self) -> int | None:
        """How many entries of the ledger are under checkpoints that are shown; None for no log."""
        for log in reversed(self.logs()):
            here = log.published()
            if here is not None:
                return log.shard().first + here.size
        return None

    def prove(self, index: int) -> Proved | None:
        """The proof of an entry, by its place in the ledger; None where it is not shown yet.

        For one thread only. Raises IntegrityFault where what is shown is not sound.
        """
        log = next((log for log in reversed(self.logs()) if log.shard().first <= index), None)
        shown = None if log is None else log.tiles()
        if log is None or shown is None:
            return None
        signed, reader = shown
        place = index - log.shard().first
        if place >= signed.checkpoint.size:
            return None
        return Proved(place, reader.inclusion_proof(place), signed)

    def demand_sound(self, progress: Callable[[int], None] = lambda _leaves: None) -> None:
        """Refuse a database that does not grow from what was signed, in any of its logs.

        Raises LedgerBehind.
        """
        for fault in self._heads_unknown():
            raise fault
        for log in self.logs():
            log.demand_sound(progress)

    def faults(self, progress: Callable[[int], None] = lambda _leaves: None) -> list[LedgerBehind]:
        """Everything that keeps this database from being the one that was signed: reads all of it."""
        found = [fault for log in self.logs() for fault in log.faults(progress)]
        return [*self._heads_unknown(), *found]

    def publish(self, at: Instant, fill: Fill | None = None) -> Signed | None:
        """Begin the log of the year if it is due; sign and show checkpoints where there is news.

        `fill` may append to the log before it is signed. Returns the log's, or None. Raises as
        `ShardLog.publish` and `fill`.
        """
        self._turn(at)
        *before, last = self.logs()
        for log in before:
            if log.number not in self._ended:
                log.publish(at)
                self._ended.add(log.number)
        return last.publish(at, None if fill is None else fill())

    def rebuild(self, at: Instant) -> int:
        """Make every tile and bundle of every log anew; returns how many files.

        Raises as `publish`; and LedgerBehind where nothing was signed yet.
        """
        return sum(log.rebuild(at) for log in self.logs())

    def _turn(self, at: Instant) -> None:
        last, due = shards(self._database.reader())[-1], year_of(at)
        year = last.year
        if year is None:
            name = self._first.key.name
            year = _year_in(name) or due
            job = self._database.write(partial(name_shard, number=0, year=year, origin=name))
            job.result(WAIT_SECONDS)
        if year >= due:
            return
        for fault in self._heads_unknown():
            raise fault
        turn = partial(turn_over, year=due, origin=self._origin_of(due))
        self._database.write(turn).result(WAIT_SECONDS)

    def _heads_unknown(self) -> list[LedgerBehind]:
        """Heads of years that the database knows nothing of: it is older than they are."""
        known = {str(shard.year) for shard in shards(self._database.reader())[1:]}
        path = self._first.head.path
        heads = path.parent.glob(f"{_literally(path.name)}-[0-9][0-9][0-9][0-9]")
        return [
            LedgerBehind(
                f"a log of {found.name[-4:]} was signed, and the database knows of none ({found})",
                where=str(self._database.path),
                remedy="is this a restored backup? Bring back the database that was signed; going"
                " on from here would contradict receipts that people hold",
            )
            for found in sorted(heads)
            if found.name[-4:] not in known
        ]

    def _origin_of(self, year: int) -> str:
        name = self._first.key.name
        named = _NAMED.fullmatch(name)
        return f"{named['base'] if named else name}/{year}"

    def _head_of(self, year: int) -> Head:
        path = self._first.head.path
        return Head(path.with_name(f"{path.name}-{year}"))

    def _key(self, origin: str) -> SigningKey:
        return SigningKey(origin, KeyKind.NOTE, self._seed)


def year_of(at: Instant) -> int:
    """The calendar year of an instant, in UTC."""
    return int(format_instant(at)[:4])


def _year_in(origin: str) -> int | None:
    named = _NAMED.fullmatch(origin)
    return int(named["year"]) if named else None


def _literally(name: str) -> str:
    return re.sub(r"([*?\[])", r"[\1]", name)
