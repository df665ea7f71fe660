"""The facts of a paper from the desk: asked one by one, out of a file, or as options.

Source: docs/custody-papers.md; the questions of `comity.custody.question`. Invariants: the three
first questions are asked of every paper, each with where to look; "-" says that it is not there,
an empty line that nobody has looked; what a file holds beyond a paper's facts is dropped and
counted, or refused by name. Does not: type the paper.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click
import msgspec

from comity.cli.output import say
from comity.custody.classify import classify
from comity.custody.intake import interruption
from comity.custody.paper import Paper
from comity.custody.paper_facts import take_in
from comity.custody.question import FIRST, Question, picture, questions_left
from comity.custody.sealed_paper import BYTES_MAX, media_type_of
from comity.errors import ComityError, NotFound
from comity.instant import Instant
from comity.law.paper import Office

ABSENT: Final = "-"
_YES: Final = {"yes": True, "y": True, "no": False, "n": False, ABSENT: False}
_NOT_THERE: Final[dict[str, Any]] = {"signed_by": "nobody", "attached": (), "commands": None}


class FactsUnreadable(ComityError):
    """A file of facts that is no JSON object."""


def facts_of(file: Path | None, options: dict[str, Any]) -> Paper:
    """The facts out of a file and of options, which go before it. Raises PaperUnusable."""
    facts: dict[str, Any] = {} if file is None else read_json(file)
    facts |= {name: value for name, value in options.items() if value is not None}
    taken = take_in(facts)
    for name, count in sorted(taken.dropped.items()):
        say(f"dropped `{name}` ({count}): it is not kept here")
    return taken.paper


def ask(paper: Paper, at: Instant, zone: str) -> Paper:
    """The paper with what the officer at the terminal finds on it."""
    say(f"{ABSENT} says that it is not there; an empty line, that you have not looked yet.")
    facts = msgspec.to_builtins(paper)
    for question in FIRST:
        _answer(question, facts)
    paper = take_in(facts).paper
    if interruption(paper, a_judge_signed=False) is not None:
        return paper
    asked = {question.field for question in FIRST}
    while True:
        left = [one for one in questions_left(classify(paper, at, zone)) if one.field not in asked]
        if not left:
            return paper
        asked.add(left[0].field)
        _answer(left[0], facts)
        paper = take_in(facts).paper


def read_json(file: Path) -> dict[str, Any]:
    """A JSON object out of a file. Raises NotFound, FactsUnreadable."""
    try:
        raw = file.read_bytes()
    except OSError as fault:
        raise NotFound(
            f"the file cannot be read: {fault.strerror}", where=str(file), remedy="check its name"
        ) from fault
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError) as fault:
        raise FactsUnreadable(f"is not JSON: {fault}", where=str(file)) from fault
    if not isinstance(found, dict):
        raise FactsUnreadable("is no JSON object", where=str(file), remedy="write {…}")
    return found


def read_scan(path: Path) -> tuple[bytes, str]:
    """The bytes of a scanned paper and what they look like. Raises NotFound."""
    try:
        with path.open("rb") as file:
            data = file.read(BYTES_MAX + 1)
    except OSError as fault:
        raise NotFound(
            f"the scanned paper cannot be read: {fault.strerror}",
            where=str(path),
            remedy="name a PDF, PNG, JPEG or TIFF file",
        ) from fault
    return data, media_type_of(data)


def _answer(question: Question, facts: dict[str, Any]) -> None:
    """Ask until the answer can be understood; an empty line leaves the fact open."""
    say()
    say(question.text)
    if question.place is not None:
        for line in picture(question.place).splitlines():
            say(f"    {line}")
    say(f"  where: {question.where}")
    say(f"  why:   {question.why}")
    if question.answers:
        say(f"  one of: {', '.join(question.answers)}")
    while True:
        said = click.prompt("", default="", show_default=False, prompt_suffix="> ", err=True)
        if not said.strip():
            facts.pop(question.field, None)
            return
        try:
            value = _value(question, said.strip())
            take_in({question.field: value})
        except (ComityError, ValueError) as fault:
            say(f"  {fault}")
            continue
        facts[question.field] = value
        return


def _value(question: Question, said: str) -> Any:
    """An answer as the fact's own kind. Raises ValueError where it is none."""
    if question.answers == ("yes", "no"):
        if said.casefold() not in _YES:
            raise ValueError("yes or no")
        return _YES[said.casefold()]
    if said == ABSENT:
        return _NOT_THERE.get(question.field, "")
    if question.field == "attached":
        return tuple(part.strip() for part in said.split(",") if part.strip())
    if question.answers:
        return _nearest(said, question.answers)
    return said


def _nearest(said: str, answers: tuple[str, ...]) -> str:
    """The answer that begins so, if one does. Raises ValueError."""
    word = said.casefold()
    found = [one for one in answers if one == word] or [o for o in answers if o.startswith(word)]
    if len(found) != 1:
        raise ValueError("one of: " + ", ".join(found or answers))
    return found[0]


OFFICES: Final = tuple(office.value for office in Office)
