"""A promise: one plain sentence, and the condition that may then never be allowed.

Source: issue "Proofs", `law/<place>/promises.md`; the format is `docs/proofs.md`.
Invariants: a sentence without a condition is an error, and so is a condition without a
sentence; a condition is one Cedar expression, valid for every act it is about, of known
words, and cannot fail by itself; every fault is found in one reading. Does not: read files
(`comity.cli.law_prove`) or prove (`comity.oversight.prove`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from enum import StrEnum
from typing import Final

import msgspec
from markdown_it import MarkdownIt
from markdown_it.token import Token

from comity.cedar.engine import Engine
from comity.cedar.fallible import fallible
from comity.cedar.policy import PolicyInvalid, read_policy
from comity.errors import ComityError
from comity.instant import Instant, InstantError, time_zone
from comity.law.digest import TextInvalid, canonical
from comity.law.instrument import Policy
from comity.law.problem import Problem, nearest
from comity.law.reading import Form, Reading
from comity.law.schema import ACTS, ENVIRONMENTS, RECORD_PATHS, SCHEMA
from comity.law.words import unknown_words

NAME: Final = "promises"
"""What the file is called, and the block in it that holds no sentence: `promise`."""

BLOCK: Final = "promise"
CONDITION: Final = "never"
_FENCE: Final = "---"
_KEYS: Final = ("promises", "title", "texts", "from", "time_zone")
_PROMISE_KEYS: Final = ("acts", "never", "under", "from")
_NUMBERED: Final = re.compile(r"([1-9]\d*)\.?\s+(.+)", re.ASCII)
_GROUPS: Final = {one.group: one.acts for one in ENVIRONMENTS}


class Under(StrEnum):
    """A condition that Cedar cannot say of an inquiry, since it is about the law itself."""

    NOT_IN_FORCE = "an agreement that is not in force"


class Promise(msgspec.Struct, frozen=True):
    """`never` is what stands in a Cedar `when`; `since` the first instant that it is about."""

    number: str
    says: str
    acts: tuple[str, ...]
    never: str
    since: Instant
    line: int
    under: Under | None = None


class Promises(msgspec.Struct, frozen=True):
    """A file of promises, and the texts that together are to keep them, by id."""

    place: str
    title: str
    texts: tuple[str, ...]
    since: Instant
    zone: str
    promises: tuple[Promise, ...]
    path: str


class PromisesInvalid(ComityError):
    """Promises that cannot be put to a proof. `problems` are all that were found."""

    def __init__(self, problems: tuple[Problem, ...]) -> None:
        self.problems = problems
        first, more = problems[0], len(problems) - 1
        what = first.what + (f" (and {more} more)" if more else "")
        super().__init__(what, where=f"{first.path}:{first.line}", remedy=first.remedy)


def read_promises(text: str | bytes, path: str) -> Promises:
    """The promises of a file. `path` is only for messages. Raises PromisesInvalid."""
    reading = Reading(path)
    found = _read(reading, text)
    if reading.problems or found is None:
        raise PromisesInvalid(tuple(sorted(set(reading.problems))))
    return found


def condition_source(act: str, condition: str) -> str:
    """A condition as a policy about one act, for whoever reads policies."""
    # The line break ends a comment in which the condition might end.
    return f'permit (principal, action == Action::"{act}", resource)\nwhen {{ {condition}\n}};'


def _read(reading: Reading, text: str | bytes) -> Promises | None:
    try:
        whole = canonical(text)
    except TextInvalid as fault:
        reading.problem(fault.line, fault.what, fault.remedy or "")
        return None
    lines = whole.split("\n")
    if lines[0] != _FENCE or _FENCE not in lines[1:]:
        reading.problem(1, "no front matter", "begin with `---`, `promises: <place>`, and `---`")
        return None
    end = lines.index(_FENCE, 1)
    node = reading.block("\n".join(lines[1:end]) + "\n", 2)
    if node is None:
        if not reading.problems:
            reading.problem(1, "the front matter is empty", "add `promises:` and the other keys")
        return None
    front = Form(reading, node, "the front matter", _KEYS)
    zone = _zone(front)
    since = front.local("from", zone)
    texts = front.texts("texts", required=True)
    if not texts and "texts" not in front.broken:
        front.fault("texts", "`texts` names no text", "name the ids of the texts that keep these")
    if len(set(texts)) != len(texts):
        front.fault("texts", "a text is named twice in `texts`", "name each once")
    said = list(_sections(reading, "\n".join(lines[end + 1 :]), end + 1))
    if not said:
        reading.problem(end + 1, "no promise", "write a heading such as `## 1 No one receives …`")
    _demand_once(reading, said)
    promises = [
        one
        for section in said
        for one in [_promise(reading, section, zone, since)]
        if one is not None
    ]
    return Promises(
        front.text("promises"),
        front.text("title"),
        texts,
        since or Instant(0),
        zone,
        tuple(promises),
        reading.path,
    )


def _zone(front: Form) -> str:
    zone = front.text("time_zone")
    if zone:
        try:
            time_zone(zone)
        except InstantError as fault:
            front.fault("time_zone", fault.what, fault.remedy or "write an IANA zone")
            return ""
    return zone


class _Section(msgspec.Struct):
    """A sentence with its number, and the blocks below it with the line of their content."""

    number: str
    says: str
    line: int
    blocks: list[tuple[str, int]] = []


def _sections(reading: Reading, body: str, offset: int) -> Iterator[_Section]:
    current: _Section | None = None
    tokens = MarkdownIt("commonmark").parse(body)
    lines = body.split("\n")
    for position, token in enumerate(tokens):
        line = offset + (token.map[0] if token.map else 0) + 1
        if _hidden(token):
            reading.problem(line, "HTML, which a reader does not see", "write it as Markdown")
        elif token.type == "heading_open" and token.tag == "h2":
            if current is not None:
                yield current
            title = " ".join(tokens[position + 1].content.split())
            numbered = _NUMBERED.fullmatch(title)
            if numbered is None:
                what = f"a promise without number or sentence: `{title}`"
                reading.problem(line, what, "write `## 1 No one receives …`")
            number, says = (numbered[1], numbered[2]) if numbered else ("", title)
            current = _Section(number, says, line)
        elif token.type == "fence":
            _take_block(reading, current, token, line, lines)
    if current is not None:
        yield current


def _hidden(token: Token) -> bool:
    inline = any(child.type == "html_inline" for child in token.children or ())
    return token.type == "html_block" or inline


def _take_block(
    reading: Reading, current: _Section | None, token: Token, line: int, lines: list[str]
) -> None:
    kind, mark = token.info.strip(), token.markup
    end = token.map[1] if token.map else 0
    last = lines[end - 1].strip()
    if token.level > 0:
        reading.problem(line, "a block within a list or quotation", "move it to the margin")
    elif not (len(last) >= len(mark) and set(last) == {mark[0]}) or token.map == [end - 1, end]:
        reading.problem(line, f"the block `{kind}` is never closed", f"end it with {mark}")
    elif kind != BLOCK:
        what = f"unknown block `{kind}`" if kind else "a block that does not say what it is"
        reading.problem(line, what, f"write ```{BLOCK}")
    elif current is None:
        reading.problem(line, "a condition without a sentence", "put it under `## 1 …`")
    else:
        current.blocks.append((token.content, line + 1))


def _demand_once(reading: Reading, sections: list[_Section]) -> None:
    seen: dict[str, int] = {}
    for one in sections:
        if one.number and one.number in seen:
            what = f"number {one.number} stands twice, first in line {seen[one.number]}"
            reading.problem(one.line, what, "give it a number of its own")
        seen.setdefault(one.number, one.line)


def _promise(
    reading: Reading, section: _Section, zone: str, since: Instant | None
) -> Promise | None:
    if len(section.blocks) != 1:
        what = "a sentence without a condition"
        if section.blocks:
            what = f"a promise with {len(section.blocks)} conditions"
        reading.problem(section.line, what, f"write one `{BLOCK}` block under it")
        return None
    text, line = section.blocks[0]
    node = reading.block(text, line)
    if node is None:
        if not text.strip():
            reading.problem(line, f"the `{BLOCK}` block is empty", "say `acts:` and `never:`")
        return None
    form = Form(reading, node, "a promise", _PROMISE_KEYS)
    acts = _acts(form)
    under = form.word("under", Under, "manner", required=False)
    # `text` would take out the line breaks, and with them the end of a comment.
    written = form.node(CONDITION, required=not form.has("under"))
    condition = "true" if written is None else str(written.plain())
    if written is not None and not isinstance(written.value, str | bool):
        form.fault(CONDITION, f"`{CONDITION}` is not an expression", "write it as text")
    elif isinstance(written.value if written else None, bool):
        condition = "true" if written is not None and written.value else "false"
    starts = form.local("from", zone) if form.has("from") else since
    if since is not None and starts is not None and starts < since:
        form.fault("from", "a promise from before the file's own `from`", "let it be later")
    for what, remedy in _faults(acts, condition):
        form.fault(CONDITION, what, remedy)
    if under is Under.NOT_IN_FORCE and any(ACTS[act].context != "Inquiry" for act in acts):
        form.fault("under", "an agreement is about inquiries", "name acts of seeing or listing")
    return Promise(
        section.number, section.says, acts, condition, starts or Instant(0), section.line, under
    )


def _acts(form: Form) -> tuple[str, ...]:
    found: dict[str, None] = {}
    named = form.texts("acts", required=True)
    if not named and "acts" not in form.broken:
        form.fault("acts", "`acts` names no act", "name an act, or a group such as `see`")
    for name in named:
        if name in _GROUPS:
            found.update(dict.fromkeys(_GROUPS[name]))
        elif name in ACTS:
            found[name] = None
        else:
            form.fault("acts", f"unknown act `{name}`", nearest(name, [*ACTS, *_GROUPS]))
    return tuple(found)


def _faults(acts: tuple[str, ...], condition: str) -> Iterator[tuple[str, str]]:
    """What is wrong with a condition, each once; acts on the same kind of facts are alike."""
    alike = {(ACTS[act].resource, ACTS[act].context): act for act in reversed(acts)}
    told: set[str] = set()
    for act in alike.values():
        for what, remedy in _faults_for(act, condition):
            if what not in told:
                told.add(what)
                yield what, remedy


def _faults_for(act: str, condition: str) -> Iterator[tuple[str, str]]:
    source = condition_source(act, condition)
    try:
        node = read_policy(CONDITION, source)
    except PolicyInvalid as fault:
        yield f"the condition is not Cedar: {fault.messages[0]}", "write what a `when` could hold"
        return
    if len(node.clauses) != 1 or node.effect != "permit":
        yield "the condition is more than one expression", "write what a single `when` could hold"
        return
    unknown = unknown_words(Policy(CONDITION, "permit", source, 1), node, None)
    for word in unknown:
        yield word.what, word.remedy
    if not unknown:
        try:
            Engine(SCHEMA, [(CONDITION, source)])
        except PolicyInvalid as fault:
            impossible = [one for one in fault.messages if "impossible" not in one]
            for message in impossible or fault.messages:
                yield f"the condition does not fit `{act}`: {message}", "see docs/facts.md"
    for one in fallible(node, RECORD_PATHS):
        yield f"a condition that can fail: `{one.what}` ({one.why})", one.remedy
