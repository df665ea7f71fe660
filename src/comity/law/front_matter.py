"""The front matter of an instrument: what it is, whose, between whom and for how long.

Source: DESIGN.md, "Law that runs". Invariants: every key is known; what is missing
or malformed is a problem, and reading goes on with an empty value under a key that
`broken` names. Does not: compare values with each other (`comity.law.check`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from typing import Final

import msgspec

from comity.instant import Instant, InstantError, time_zone
from comity.law.block import Node
from comity.law.instrument import Kind, Party, Rank, Renewal, Term, Verified
from comity.law.problem import nearest
from comity.law.reading import Form, Reading
from comity.law.schema import ACTS

KEYS: Final = (
    "id",
    "version",
    "title",
    "kind",
    "rank",
    "jurisdiction",
    "custodian",
    "parties",
    "term",
    "renewal",
    "supersedes",
    "preempts",
    "cited_as",
    "citation",
    "source",
    "verified",
    "as_of",
)
IN_WORDS: Final = ("parties", "term", "renewal", "supersedes", "preempts")
"""Keys that decide something, and so must be put into words by a clause that `sets` them."""

HANDLE: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_REF: Final = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*@[1-9][0-9]{0,5}")


class Role(StrEnum):
    """What a party is to an instrument."""

    CUSTODIAN = "custodian"
    SIGNATORY = "signatory"
    RECIPIENT = "recipient"


class Silence(StrEnum):
    """What follows where nobody votes: always the end."""

    END = "end"


class FrontMatter(msgspec.Struct, frozen=True):
    """The front matter as read. `broken` are keys whose value could not be read."""

    id: str
    version: int
    title: str
    kind: Kind
    rank: Rank
    jurisdiction: str
    custodian: str
    parties: tuple[Party, ...]
    term: Term
    renewal: Renewal | None
    supersedes: str | None
    preempts: tuple[str, ...]
    cited_as: tuple[str, ...]
    citation: str
    source: str
    verified: Verified
    as_of: str
    broken: frozenset[str]
    written: frozenset[str]


def read_front_matter(reading: Reading, node: Node) -> FrontMatter:
    """Read the front matter; every fault goes to `reading`."""
    form = Form(reading, node, "the front matter", KEYS)
    term = _term(reading, form)
    return FrontMatter(
        id=_handle(form, "id"),
        version=form.whole("version", 1),
        title=form.text("title"),
        kind=form.word("kind", Kind, "kind") or Kind.AGREEMENT,
        rank=form.word("rank", Rank, "rank") or Rank.CONTRACT,
        jurisdiction=_handle(form, "jurisdiction"),
        custodian=_handle(form, "custodian"),
        parties=_parties(reading, form),
        term=term,
        renewal=_renewal(reading, form, term.time_zone),
        supersedes=_supersedes(form),
        preempts=_preempts(form),
        cited_as=form.texts("cited_as"),
        citation=form.text("citation"),
        source=form.text("source"),
        verified=form.word("verified", Verified, "mark of verification") or Verified.MEMORY,
        as_of=_day(form, "as_of"),
        broken=frozenset(form.broken),
        written=frozenset(key for key in KEYS if form.has(key)),
    )


def _handle(form: Form, key: str) -> str:
    text = form.text(key)
    if text and not HANDLE.fullmatch(text):
        form.fault(key, f"`{text}` is not a handle", "use small letters, digits and hyphens")
        return ""
    return text


def _day(form: Form, key: str) -> str:
    text = form.text(key)
    if text:
        try:
            if date.fromisoformat(text).isoformat() == text:
                return text
        except ValueError:
            pass
        form.fault(key, f"`{text}` is not a day", "write it as 2018-08-31")
    return ""


def _parties(reading: Reading, form: Form) -> tuple[Party, ...]:
    found: dict[str, Party] = {}
    for node in form.nodes("parties"):
        item = Form(reading, node, "a party", ("id", "name", "role"))
        handle = _handle(item, "id")
        role = item.word("role", Role, "party role")
        name = item.text("name")
        if handle in found:
            form.fault("parties", f"party `{handle}` stands twice", "keep one", item.line)
        if item.broken:
            form.broken.add("parties")
        if handle:
            found[handle] = Party(handle, name, role.value if role else "")
    return tuple(found.values())


def _term(reading: Reading, form: Form) -> Term:
    node = form.node("term")
    if node is None:
        return Term(Instant(0), None, "")
    item = Form(reading, node, "the term", ("from", "until", "time_zone"))
    zone = item.text("time_zone")
    try:
        time_zone(zone or "UTC")
    except InstantError as fault:
        item.fault("time_zone", fault.what, fault.remedy or "")
        zone = ""
    start = item.local("from", zone)
    until = None if item.text("until") == "none" else item.local("until", zone)
    if item.broken:
        form.broken.add("term")
    return Term(start if start is not None else Instant(0), until, zone)


def _renewal(reading: Reading, form: Form, zone: str) -> Renewal | None:
    node = form.node("renewal", required=False)
    if node is None:
        return None
    keys = ("voters", "quorum", "notice_days", "silence", "first_end")
    item = Form(reading, node, "the renewal", keys)
    item.word("silence", Silence, "meaning of silence")
    renewal = Renewal(
        voters=item.texts("voters", required=True),
        quorum=item.whole("quorum", 1),
        notice_days=item.whole("notice_days", 0),
        first_end=item.local("first_end", zone) or Instant(0),
    )
    if item.broken or not zone:
        form.broken.add("renewal")
    return renewal


def _supersedes(form: Form) -> str | None:
    text = form.text("supersedes", required=False)
    if text and not _REF.fullmatch(text):
        form.fault("supersedes", f"`{text}` names no version", "write it as id@1")
        return None
    return text or None


def _preempts(form: Form) -> tuple[str, ...]:
    """Each as `<rank> <act>`: whose prohibitions of which act give way."""
    texts = form.texts("preempts")
    for text in texts:
        rank, _, act = text.partition(" ")
        if rank not in {word.value for word in Rank}:
            remedy = nearest(rank, [word.value for word in Rank])
            form.fault("preempts", f"unknown rank `{rank}`", remedy + " (as in `local hold`)")
        elif act not in ACTS:
            form.fault("preempts", f"unknown act `{act}`", nearest(act, ACTS))
    return texts


def key_lines(canonical: str) -> Mapping[str, int]:
    """The line (from 1) of each key in the front matter of a canonical text."""
    lines = canonical.split("\n")
    end = lines.index("---", 1)
    return {
        line.split(":", 1)[0]: number
        for number, line in enumerate(lines[1:end], start=2)
        if line.split(":", 1)[0] in KEYS
    }
