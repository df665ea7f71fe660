"""One log of the ledger: a signed checkpoint where there is news, and the tiles under it.

Source: C2SP tlog-checkpoint and tlog-tiles. One checkpoint goes this way, and a crash between
any two steps is made good by the next one:

    1  read size and root of what is durable      4  write tiles and bundles
    2  sign                                       5  note size and root in the database
    3  swap the head: from here on it is signed   6  show the checkpoint

Invariants: a log signs one history: before this process first signs, and whenever another one has
moved the head, what is in the database must grow from what was signed; nothing is shown whose tiles
are not there. A database that is behind the head, or has other entries under it, is refused before
anything is served (`demand_sound`). Does not: read a clock, or choose the log
(`comity.store.publishing`).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import apsw
import msgspec

from comity.errors import IntegrityFault
from comity.instant import Instant, format_instant
from comity.ledger.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from comity.ledger.key import SigningKey, VerifierKey
from comity.ledger.merkle import Frontier
from comity.ledger.note import Note, NoteVerifier
from comity.ledger.tile_read import TileReader
from comity.store.head import Head
from comity.store.sqlite.database import Database
from comity.store.sqlite.tree import (
    PIECE,
    Shard,
    SignedSize,
    check_tree,
    commitments_between,
    last_signed,
    leaves_between,
    note_signed,
    shards,
)
from comity.store.tile_folder import CHECKPOINT, TileFolder

WAIT_SECONDS = 30.0
"""How long a note in the database may take."""


class LedgerBehind(IntegrityFault):
    """The database does not hold what was signed: a restored backup, or a changed file."""


class Signed(msgspec.Struct, frozen=True):
    """A checkpoint and the bytes of the note it stands in."""

    checkpoint: Checkpoint
    note: bytes


class ShardLog:
    """Signs and publishes one log. One at a time may run (the head keeps others out)."""

    def __init__(
        self, database: Database, key: SigningKey, number: int, head: Head, folder: TileFolder
    ):
        self._database = database
        self._log = NoteVerifier(key.verifier)
        self.key = key
        self.number = number
        self.head = head
        self.folder = folder
        self._held_to: bytes | None = None
        """The head that the database was last held against, or that was signed since."""
        self._read: tuple[Signed, TileReader] | None = None

    @property
    def verifier_key(self) -> VerifierKey:
        """What everybody else verifies checkpoints with."""
        return self._log.key

    def shard(self) -> Shard:
        """Its place in the ledger and its tree, as the database keeps them now."""
        return shards(self._database.reader())[self.number]

    def signed(self) -> Signed | None:
        """What the head says was signed last, verified; None before the first.

        Raises LedgerBehind where it is not by this log's key, StoreUnreadable.
        """
        raw = self.head.read()
        return None if raw is None else Signed(self._opened(raw), raw)

    def published(self) -> Checkpoint | None:
        """What is shown in the folder now, if this log signed it."""
        return self.folder.published(self._log)

    def shown(self) -> Signed | None:
        """The note that is shown in the folder now, with its cosignatures; None before the first.

        Raises IntegrityFault where this log did not sign it.
        """
        raw = self.folder.fetch(CHECKPOINT)
        return None if raw is None else Signed(open_checkpoint(raw, self._log), raw)

    def show_cosigned(self, note: Note) -> None:
        """Show the same checkpoint with more signature lines. Raises IntegrityFault for another."""
        with self.head.publishing():
            shown, raw = self.shown(), note.to_bytes()
            if shown is None or open_checkpoint(raw, self._log) != shown.checkpoint:
                raise IntegrityFault(
                    "cosignatures of a checkpoint that is not the one that is shown"
                )
            if raw != shown.note:
                self.folder.publish(raw)

    def tiles(self) -> tuple[Signed, TileReader] | None:
        """What is shown now and a reader of its tiles; None before the first.

        For one thread only. Raises IntegrityFault where what is shown was not signed by this log.
        """
        shown = self.shown()
        if shown is None:
            return None
        if self._read is None or self._read[0] != shown:
            checkpoint = shown.checkpoint
            reader = TileReader(checkpoint.size, checkpoint.root, self.folder.fetch)
            self._read = shown, reader
        return self._read

    def demand_sound(self, progress: Callable[[int], None] = lambda _leaves: None) -> None:
        """Refuse a database that does not grow from what was signed.

        Reads the leaf hashes of what is not shown yet; all of them where the tiles that are shown
        do not lead to the signed root. What stands under them is `faults`' part (`comity doctor`).
        Raises LedgerBehind, which says what differs and what to do about it.
        """
        head = self.head.read()
        if not self._grows_from_shown(progress):
            for fault in self.faults(progress):
                raise fault
        self._held_to = head

    def faults(self, progress: Callable[[int], None] = lambda _leaves: None) -> list[LedgerBehind]:
        """Everything that keeps this log from being the one that was signed: reads all of it."""
        try:
            head = self.signed()
        except LedgerBehind as fault:
            return [fault]
        known = last_signed(self._database.reader(), self.number)
        if known is not None and (head is None or head.checkpoint.size < known.size):
            return [self._head_lost(head, known)]
        promised = [] if head is None else [_signed_size(head.checkpoint, Instant(0))]
        found = check_tree(self._database.reader(), promised, progress, self.number)
        return [self._behind(what, head) for what in dict.fromkeys(found)]

    def publish(self, at: Instant, tree: Frontier | None = None) -> Signed | None:
        """Sign and show a checkpoint if there is news; None where there is none.

        It is over `tree`, a start of what is durable, or over all of that.

        Raises HeadMoved, LedgerBehind (nothing was signed), StoreUnwritable, StoreUnreadable,
        IntegrityFault (the tiles could not be made of what is in the database).
        """
        with self.head.publishing():
            return self._publish(at, tree)

    def _publish(self, at: Instant, tree: Frontier | None) -> Signed | None:
        before = self.signed()
        if before is not None and before.note != self._held_to:
            # The first time, or somebody else signed: it must be this tree that goes on.
            self.demand_sound()
        tree = self.shard().frontier if tree is None else tree
        if before is not None and tree.size < before.checkpoint.size:
            raise self._behind(f"the database holds {tree.size:,} entries", before)
        news = before is None or tree.size > before.checkpoint.size
        if news:
            checkpoint = Checkpoint(self.key.name, tree.size, tree.root())
            signed = Signed(checkpoint, sign_checkpoint(checkpoint, self.key).to_bytes())
            self.head.swap(None if before is None else before.note, signed.note)
            self._held_to = signed.note
        else:
            assert before is not None  # noqa: S101 - `news` is true without it
            signed = before
        shown = self._show(signed, at)
        return signed if news or shown else None

    def rebuild(self, at: Instant) -> int:
        """Make every tile and bundle of the signed tree anew; returns how many files.

        Raises as `publish`; and LedgerBehind where nothing was signed yet.
        """
        with self.head.publishing():
            signed = self.signed()
            if signed is None:
                raise LedgerBehind(
                    "nothing was signed yet", remedy="run `comity ledger checkpoint`"
                )
            written = self._write_tiles(signed.checkpoint, None)
            self._note(signed.checkpoint, at)
            self.folder.publish(signed.note)
        return written

    def _grows_from_shown(self, progress: Callable[[int], None]) -> bool:
        """Whether the database surely is what was signed, or more, going by the tiles shown."""
        try:
            head, here = self.signed(), self.published()
            start = Frontier() if here is None else self.folder.frontier(here)
        except IntegrityFault:
            return False
        connection = self._database.reader()
        connection.execute("BEGIN")
        try:
            known = last_signed(connection, self.number)
            signed = 0 if head is None else head.checkpoint.size
            if known is not None and signed < known.size:
                return False
            kept = shards(connection)
            shard = kept[self.number]
            end = kept[self.number + 1].first if self.number + 1 < len(kept) else None
            if not start.size <= signed <= shard.frontier.size or end not in (None, shard.end):
                return False
            made = self._extend(connection, shard, start, signed, progress)
            if head is not None and made.root() != head.checkpoint.root:
                return False
            made = self._extend(connection, shard, made, shard.frontier.size, progress)
            beyond = end is None and leaves_between(connection, shard.end, shard.end + 1)
            return made == shard.frontier and not beyond
        finally:
            connection.execute("COMMIT")

    def _extend(
        self,
        connection: apsw.Connection,
        shard: Shard,
        made: Frontier,
        size: int,
        progress: Callable[[int], None],
    ) -> Frontier:
        while made.size < size:
            begin = shard.first + made.size
            leaves = leaves_between(connection, begin, min(begin + PIECE, shard.first + size))
            if not leaves:
                return made
            made = made.extend(leaves)
            progress(len(leaves))
        return made

    def _show(self, signed: Signed, at: Instant) -> bool:
        checkpoint, here = signed.checkpoint, self.published()
        if here == checkpoint:
            return False
        try:
            self._write_tiles(checkpoint, here)
        except IntegrityFault:
            if here is None:
                raise
            # The folder may be at fault: everything in it can be made anew.
            self._write_tiles(checkpoint, None)
        self._note(checkpoint, at)
        self.folder.publish(signed.note)
        if here is not None:
            self.folder.drop_partial(here.size, checkpoint.size)
        return True

    def _write_tiles(self, checkpoint: Checkpoint, here: Checkpoint | None) -> int:
        first = self.shard().first

        def entries(start: int, stop: int) -> list[bytes]:
            return commitments_between(self._database.reader(), first + start, first + stop)

        return self.folder.bring_up(checkpoint.size, checkpoint.root, entries, here)

    def _note(self, checkpoint: Checkpoint, at: Instant) -> None:
        signed = _signed_size(checkpoint, at)
        job = self._database.write(partial(note_signed, signed=signed, number=self.number))
        job.result(WAIT_SECONDS)

    def _opened(self, raw: bytes) -> Checkpoint:
        try:
            return open_checkpoint(raw, self._log)
        except IntegrityFault as fault:
            raise LedgerBehind(
                f"the last signed checkpoint is not one of `{self.key.name}` by this key:"
                f" {fault.what}",
                where=str(self.head.path),
                remedy="check `ledger_key` and `ledger_origin`; never delete this file to go on",
            ) from fault

    def _behind(self, what: str, head: Signed | None) -> LedgerBehind:
        if head is None:
            return LedgerBehind(what, remedy="keep the file, call counsel")
        return LedgerBehind(
            f"{what}; a checkpoint over {head.checkpoint.size:,} entries was signed"
            f" ({self.head.path})",
            where=str(self._database.path),
            remedy="is this a restored backup, or was the file changed? Bring back the database"
            " that was signed; going on from here would contradict receipts that people hold",
        )

    def _head_lost(self, head: Signed | None, known: SignedSize) -> LedgerBehind:
        has = "is missing" if head is None else f"says {head.checkpoint.size:,}"
        return LedgerBehind(
            f"the last signed checkpoint {has}, but {known.size:,} entries were signed"
            f" at {format_instant(known.at)}",
            where=str(self.head.path),
            remedy="bring it back from wherever it was moved; a witness or a mirror has a copy",
        )


def _signed_size(checkpoint: Checkpoint, at: Instant) -> SignedSize:
    return SignedSize(checkpoint.size, checkpoint.root, at)
