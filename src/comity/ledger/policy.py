"""The policy file: which logs are believed, which witnesses count, and how many must agree.

Source: C2SP tlog-policy. One line each:

    log <verifier key> [<url>]
    witness <name> <verifier key> [<url>]
    group <name> all|any|<k> <member> ...
    quorum <name>|none

Lines are separated into items by spaces and tabs only; `#` begins a comment line. A group or the
quorum names only what stands on a line before it; a name is a member once at most, so that no
witness counts twice. Names are opaque bytes. Invariants: what was parsed prints to a file that
parses to the same policy. Does not: judge timestamps, or fetch from the urls.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Final

import msgspec

from comity.errors import ComityError
from comity.ledger.checkpoint import Checkpoint, parse_checkpoint
from comity.ledger.cosignature import verifier_of
from comity.ledger.key import KeyKind, KeyMalformed, VerifierKey, parse_verifier_key
from comity.ledger.note import Note, NoteRejected, Verified, verify_note

NO_QUORUM: Final = "none"
POLICY_BYTES_MAX: Final = 1 << 20

_BLANK = re.compile(r"[ \t]+")
_COUNT = re.compile(r"[1-9][0-9]{0,5}", re.ASCII)
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")


class PolicyInvalid(ComityError):
    """A policy file breaks a rule of its format. `where` is the line."""


class PolicyLog(msgspec.Struct, frozen=True):
    """A log that is believed, by the key named after its origin."""

    key: VerifierKey
    url: str | None = None


class PolicyWitness(msgspec.Struct, frozen=True):
    """A witness, under the name this file gives it."""

    name: str
    key: VerifierKey
    url: str | None = None


class PolicyGroup(msgspec.Struct, frozen=True):
    """Members of whom at least `needed` must have witnessed."""

    name: str
    needed: int
    members: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True):
    """A whole policy file. `groups` are in an order in which each names only earlier ones."""

    logs: tuple[PolicyLog, ...] = ()
    witnesses: tuple[PolicyWitness, ...] = ()
    groups: tuple[PolicyGroup, ...] = ()
    quorum: str = NO_QUORUM

    def satisfied_by(self, witnesses: Collection[str]) -> bool:
        """Whether these witnesses, by their names in this file, make up the quorum."""
        witnessed = {witness.name for witness in self.witnesses} & set(witnesses)
        for group in self.groups:
            if sum(member in witnessed for member in group.members) >= group.needed:
                witnessed.add(group.name)
        return self.quorum == NO_QUORUM or self.quorum in witnessed


class Judged(msgspec.Struct, frozen=True):
    """A checkpoint that a listed log signed, and what the witnesses said of it.

    `cosigned` has the POSIX second each witness stated, None where it stated none. `final` says
    that the quorum is met; until then the checkpoint is the log's word alone.
    """

    checkpoint: Checkpoint
    note: Note
    log: VerifierKey
    cosigned: dict[str, int | None]
    final: bool


def judge(note: Note, policy: Policy, *, ml_dsa: bool = False) -> Judged:
    """Check every signature of a known key, and count the witnesses.

    Raises CheckpointMalformed, and NoteRejected where no listed log of this origin signed it or
    where any known key's signature fails. A missing quorum raises nothing: see `Judged.final`.
    """
    checkpoint = parse_checkpoint(note.text)
    logs = [log.key for log in policy.logs if log.key.name == checkpoint.origin]
    if not logs:
        raise NoteRejected(f"the policy lists no log `{checkpoint.origin}`")
    trusted = [*logs, *(witness.key for witness in policy.witnesses)]
    verified = verify_note(note, [verifier_of(key, ml_dsa=ml_dsa) for key in trusted])
    signers = [found.key for found in verified if found.key in logs]
    if not signers:
        raise NoteRejected("witnesses signed it, the log did not", where=checkpoint.origin)
    cosigned = _cosigned(policy.witnesses, verified)
    return Judged(checkpoint, note, signers[0], cosigned, policy.satisfied_by(cosigned))


def parse_policy(raw: bytes, *, ml_dsa: bool = False) -> Policy:
    """Read a policy file. Raises PolicyInvalid, naming the line.

    A key of type 06 (ML-DSA-44) is refused unless `ml_dsa` is set.
    """
    if len(raw) > POLICY_BYTES_MAX:
        raise PolicyInvalid(f"a policy file has at most {POLICY_BYTES_MAX} bytes")
    control = _CONTROL.search(raw)
    if control:
        at = raw.count(b"\n", 0, control.start()) + 1
        raise PolicyInvalid("a control character", where=f"line {at}")
    # Opaque octets survive the round trip; a key with such a name is refused with its line.
    lines = raw.decode("utf-8", "surrogateescape").split("\n")
    if lines.pop():
        raise PolicyInvalid(
            "the last line does not end", where=f"line {len(lines) + 1}", remedy="end it"
        )
    reading = _Reading(ml_dsa=ml_dsa)
    for number, line in enumerate(lines, start=1):
        words = [word for word in _BLANK.split(line) if word]
        if not words or words[0].startswith("#"):
            continue
        try:
            reading.take(words[0], words[1:])
        except (PolicyInvalid, KeyMalformed) as fault:
            raise PolicyInvalid(
                fault.sentence(), where=f"line {number}", remedy=fault.remedy
            ) from fault
    return reading.policy()


def print_policy(policy: Policy) -> bytes:
    """The policy as a file: logs, witnesses, groups, quorum."""
    lines = [f"log {log.key}" + _url(log.url) for log in policy.logs]
    lines += [
        f"witness {witness.name} {witness.key}" + _url(witness.url) for witness in policy.witnesses
    ]
    lines += [
        f"group {group.name} {group.needed} {' '.join(group.members)}" for group in policy.groups
    ]
    lines.append(f"quorum {policy.quorum}")
    return "".join(f"{line}\n" for line in lines).encode("utf-8", "surrogateescape")


class _Reading:
    """What the lines so far have defined."""

    def __init__(self, *, ml_dsa: bool) -> None:
        self.ml_dsa = ml_dsa
        self.logs = list[PolicyLog]()
        self.witnesses = list[PolicyWitness]()
        self.groups = list[PolicyGroup]()
        self.quorum: str | None = None
        self.names = set[str]()
        self.members = set[str]()

    def take(self, keyword: str, items: list[str]) -> None:
        match keyword, items:
            case "log", [key, *url] if len(url) <= 1:
                self._take_log(PolicyLog(parse_verifier_key(key), *url))
            case "witness", [name, key, *url] if len(url) <= 1:
                self._take_witness(PolicyWitness(name, parse_verifier_key(key), *url))
            case "group", [name, needed, *members] if members:
                self._take_group(name, needed, tuple(members))
            case "quorum", [name]:
                if self.quorum is not None:
                    raise PolicyInvalid("a second quorum", remedy="keep one")
                if name != NO_QUORUM:
                    self._demand_known(name)
                self.quorum = name
            case _:
                raise PolicyInvalid(
                    f"`{keyword[:40]}` with {len(items)} items is no line of a policy",
                    remedy="write log, witness, group or quorum, with the items each calls for",
                )

    def policy(self) -> Policy:
        if self.quorum is None:
            raise PolicyInvalid(
                "no quorum", remedy="add a line `quorum <name>`, or `quorum none` to demand none"
            )
        return Policy(tuple(self.logs), tuple(self.witnesses), tuple(self.groups), self.quorum)

    def _take_log(self, log: PolicyLog) -> None:
        self._demand_kind(log.key, KeyKind.NOTE)
        if any(log.key.public == other.key.public for other in self.logs):
            raise PolicyInvalid("the key of another log", where=log.key.name)
        self.logs.append(log)

    def _take_witness(self, witness: PolicyWitness) -> None:
        self._demand_kind(witness.key, KeyKind.COSIGNATURE)
        if any(witness.key.public == other.key.public for other in self.witnesses):
            raise PolicyInvalid("the key of another witness", where=witness.name)
        self._define(witness.name)
        self.witnesses.append(witness)

    def _take_group(self, name: str, needed: str, members: tuple[str, ...]) -> None:
        for member in members:
            self._demand_known(member)
            if member in self.members:
                raise PolicyInvalid(f"`{member}` is a member already", remedy="list it once")
            self.members.add(member)
        if needed not in {"any", "all"} and not _COUNT.fullmatch(needed):
            raise PolicyInvalid(f"`{needed[:40]}` is not any, all, or a number")
        count = {"any": 1, "all": len(members)}.get(needed) or int(needed)
        if count > len(members):
            raise PolicyInvalid(f"{count} of {len(members)} members can never agree")
        self._define(name)
        self.groups.append(PolicyGroup(name, count, members))

    def _define(self, name: str) -> None:
        if name == NO_QUORUM or name in self.names:
            raise PolicyInvalid(f"`{name}` is taken", remedy="choose another name")
        self.names.add(name)

    def _demand_known(self, name: str) -> None:
        if name not in self.names:
            raise PolicyInvalid(
                f"`{name}` is not defined on a line before", remedy="define it above this line"
            )

    def _demand_kind(self, key: VerifierKey, kind: KeyKind) -> None:
        if key.kind not in {kind, KeyKind.ML_DSA}:
            raise PolicyInvalid(f"type {key.kind:02x} is for another office", where=key.name)
        verifier_of(key, ml_dsa=self.ml_dsa)


def _cosigned(
    witnesses: Sequence[PolicyWitness], verified: Sequence[Verified]
) -> dict[str, int | None]:
    """The latest second each witness stated."""
    cosigned: dict[str, int | None] = {}
    for witness in witnesses:
        seconds = [found.second for found in verified if found.key == witness.key]
        if seconds:
            cosigned[witness.name] = max((at for at in seconds if at is not None), default=None)
    return cosigned


def _url(url: str | None) -> str:
    return f" {url}" if url else ""
