"""A log asks its witnesses to cosign a checkpoint, all at once, each with its own deadline.

Source: C2SP tlog-witness. Invariants: a line is taken over only if it is a cosignature of that
witness over that checkpoint; a witness that is down, slow or talks nonsense costs its own
cosignature and nothing else; where a witness last cosigned another size (409), the proof is made
again from there. Two answers are alarms, not failures: `AHEAD`, the witness has seen a larger tree
of this log (a database restored from a backup), and `CONFLICT`, it has seen another one (a fork).
Does not: decide whether the quorum is enough (`ledger.policy`), or publish.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Final

import httpx
import msgspec

from comity.errors import IntegrityFault
from comity.ledger.checkpoint import Checkpoint, parse_checkpoint
from comity.ledger.cosignature import verifier_of
from comity.ledger.merkle import ProofRejected
from comity.ledger.note import (
    Note,
    NoteMalformed,
    NoteRejected,
    Signature,
    SignatureMalformed,
    parse_signature,
    verify_note,
)
from comity.ledger.policy import Policy, PolicyWitness
from comity.ledger.wire import WireMalformed, read_decimal
from comity.ledger.witness_core import SIZE_TYPE, AddCheckpoint

TIMEOUT_SECONDS: Final = 5.0
ANSWER_BYTES_MAX: Final = 64 * 1024
TRIES: Final = 3
"""Once as remembered, once from the size of its 409, once more if another process was quicker."""

Prove = Callable[[int], Sequence[bytes]]
"""The consistency proof from an old size to the checkpoint. Called from one thread only."""


class Outcome(StrEnum):
    """What came of asking one witness."""

    COSIGNED = "cosigned"
    DOWN = "down"
    REFUSED = "refused"
    AHEAD = "ahead"
    CONFLICT = "conflict"


class Report(msgspec.Struct, frozen=True):
    """What one witness answered. `size` is what it last cosigned, where it is known."""

    url: str
    names: tuple[str, ...]
    outcome: Outcome
    what: str
    size: int | None = None
    signatures: tuple[Signature, ...] = ()


class Collected(msgspec.Struct, frozen=True):
    """The checkpoint with every cosignature that came, and a report for each witness."""

    note: Note
    reports: tuple[Report, ...]

    @property
    def sizes(self) -> dict[str, int]:
        """What each witness last cosigned, by url: to be given to the next `collect`."""
        return {report.url: report.size for report in self.reports if report.size is not None}

    @property
    def alarms(self) -> tuple[Report, ...]:
        """Witnesses that know a larger tree of this log, or another one."""
        return tuple(
            report for report in self.reports if report.outcome in {Outcome.AHEAD, Outcome.CONFLICT}
        )


async def collect(
    note: Note,
    policy: Policy,
    prove: Prove,
    *,
    sizes: Mapping[str, int] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
    transport: httpx.AsyncBaseTransport | None = None,
    ml_dsa: bool = False,
) -> Collected:
    """Ask every witness of the policy that has a url. Takes at most `timeout_seconds`.

    `note` is signed by the log; `sizes` is what the witnesses last cosigned, by url, as far as
    remembered. Raises CheckpointMalformed where the note is no checkpoint; nothing for witnesses.
    """
    checkpoint = parse_checkpoint(note.text)
    by_url = dict[str, list[PolicyWitness]]()
    for witness in policy.witnesses:
        if witness.url:
            by_url.setdefault(witness.url, []).append(witness)
    async with httpx.AsyncClient(
        transport=transport, timeout=timeout_seconds, trust_env=False
    ) as client:
        asked = [
            _Asking(client, url, tuple(witnesses), note, checkpoint, prove, ml_dsa).report(
                (sizes or {}).get(url, 0), timeout_seconds
            )
            for url, witnesses in by_url.items()
        ]
        reports = tuple(await asyncio.gather(*asked))
    found = [line for report in reports for line in report.signatures]
    return Collected(note.signed_also(found), reports)


def collect_now(
    note: Note,
    policy: Policy,
    prove: Prove,
    *,
    sizes: Mapping[str, int] | None = None,
    timeout_seconds: float = TIMEOUT_SECONDS,
) -> Collected:
    """`collect`, for a thread that has no event loop."""
    return asyncio.run(collect(note, policy, prove, sizes=sizes, timeout_seconds=timeout_seconds))


class _Asking(msgspec.Struct, frozen=True):
    """One witness, which may have several keys, being asked about one checkpoint."""

    client: httpx.AsyncClient
    url: str
    witnesses: tuple[PolicyWitness, ...]
    note: Note
    checkpoint: Checkpoint
    prove: Prove
    ml_dsa: bool

    async def report(self, old: int, timeout_seconds: float) -> Report:
        """Ask, within the deadline."""
        try:
            async with asyncio.timeout(timeout_seconds):
                return await self._ask(min(old, self.checkpoint.size))
        except TimeoutError:
            return self._say(Outcome.DOWN, f"no answer within {timeout_seconds:g} s")
        except (httpx.HTTPError, httpx.InvalidURL) as fault:
            return self._say(Outcome.DOWN, f"{type(fault).__name__}: {fault}".rstrip(": "))

    async def _ask(self, old: int) -> Report:
        for _ in range(TRIES):
            try:
                proof = tuple(self.prove(old)) if 0 < old < self.checkpoint.size else ()
            except (ProofRejected, IntegrityFault) as fault:
                return self._say(Outcome.REFUSED, f"no proof from {old}: {fault.what}", old)
            status, kind, body = await self._post(old, proof)
            if status == 200:
                return self._take(body)
            if status != 409:
                # 422 to a proof of ours that holds: the witness knows another tree.
                outcome = Outcome.CONFLICT if status == 422 else Outcome.REFUSED
                return self._say(outcome, f"{status} {_words(body)}", old)
            size = _size(kind, body)
            if size is None:
                return self._say(Outcome.REFUSED, f"409 without a size: {_words(body)}")
            if size > self.checkpoint.size:
                what = (
                    f"it has cosigned {size} entries of this log, which has {self.checkpoint.size}"
                )
                return self._say(Outcome.AHEAD, what, size)
            old = size
        return self._say(Outcome.REFUSED, "somebody else keeps cosigning this log there", old)

    async def _post(self, old: int, proof: tuple[bytes, ...]) -> tuple[int, str, bytes]:
        request = AddCheckpoint(old, proof, self.note, self.checkpoint).to_bytes()
        address = f"{self.url.rstrip('/')}/add-checkpoint"
        body = bytearray()
        async with self.client.stream("POST", address, content=request) as answer:
            async for part in answer.aiter_bytes():
                body += part
                if len(body) > ANSWER_BYTES_MAX:
                    raise httpx.DecodingError("the answer does not end")
            return answer.status_code, answer.headers.get("content-type", ""), bytes(body)

    def _take(self, body: bytes) -> Report:
        """Keep the lines that are this witness's and hold."""
        keys = [verifier_of(witness.key, ml_dsa=self.ml_dsa) for witness in self.witnesses]
        try:
            lines = [parse_signature(line) for line in body.decode("utf-8").splitlines()]
            verified = verify_note(Note(self.note.text, tuple(lines)), keys)
        except (UnicodeDecodeError, SignatureMalformed) as fault:
            return self._say(Outcome.REFUSED, f"200 with what is no cosignature: {fault}")
        except (NoteMalformed, NoteRejected) as fault:
            return self._say(Outcome.REFUSED, f"200 without its cosignature: {fault.sentence()}")
        kept = tuple(dict.fromkeys(found.signature for found in verified))
        size = self.checkpoint.size
        return self._say(Outcome.COSIGNED, f"{size} entries", size, kept)

    def _say(
        self,
        outcome: Outcome,
        what: str,
        size: int | None = None,
        signatures: tuple[Signature, ...] = (),
    ) -> Report:
        names = tuple(witness.name for witness in self.witnesses)
        return Report(self.url, names, outcome, what, size, signatures)


def _size(kind: str, body: bytes) -> int | None:
    if kind.partition(";")[0].strip() != SIZE_TYPE or not body.endswith(b"\n"):
        return None
    try:
        return read_decimal(body[:-1].decode("ascii"))
    except (UnicodeDecodeError, WireMalformed):
        return None


def _words(body: bytes) -> str:
    """A short printable beginning of what a stranger said."""
    text = body[:200].decode("utf-8", "replace").strip()
    return "".join(sign if sign.isprintable() else " " for sign in text)
