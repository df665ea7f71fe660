"""Which texts a replay compares: today's law, the draft, and what the draft takes the place of.

Source: docs/replay.md. Invariants: no text with a problem is replayed; today's law is what the
installation has in force at this instant, or the texts that were named. Does not: change either.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from comity.cli.output import clock, say
from comity.cli.settings import load_settings, shipped
from comity.errors import NotFound, Unreachable
from comity.law.check import check_text, demand_valid
from comity.law.instrument import Instrument
from comity.law.library import Library, survey
from comity.law.problem import InstrumentInvalid, nearest
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import load_register


def draft_of(text: str) -> Instrument:
    """A valid text by file or ref. Raises InstrumentInvalid with all its problems, NotFound."""
    path = Path(text)
    if path.is_file():
        return _read(path)
    if path.suffix == ".md" or len(path.parts) > 1:
        raise NotFound("there is no such text", where=text)
    try:
        folder = load_settings().law
    except NotFound:
        folder = shipped("law")
    return demand_valid(Library(survey([folder]).instruments).get(text))


def _read(path: Path) -> Instrument:
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise Unreachable(f"cannot be read: {fault.strerror}", where=str(path)) from fault
    checked = check_text(raw, str(path))
    if checked.problems or checked.instrument is None:
        for problem in checked.problems[1:]:
            say(problem.render())
        raise InstrumentInvalid(checked.problems)
    return checked.instrument


def law_of_today(named: Sequence[str]) -> list[Instrument]:
    """The texts named, else what the installation has in force now. Raises NotFound."""
    if named:
        return [draft_of(one) for one in named]
    try:
        settings = load_settings()
    except NotFound as fault:
        raise NotFound(
            "there is no installation here whose law could be today's",
            remedy="name the texts: --today REF, once for each",
        ) from fault
    with Database.open(settings.database) as database:
        law = load_register(database.reader(), settings.stack).in_force(clock())
    if not law.instruments:
        say("no text is in force now: whatever the draft permits is new")
    return list(law.instruments)


def replaced(
    draft: Instrument, law: Sequence[Instrument], named: str | None
) -> tuple[Instrument, ...]:
    """The texts of today's law that the draft takes the place of. Raises NotFound."""
    if named is not None:
        found = tuple(one for one in law if named in (one.ref, one.id))
        if not found:
            known = [one.ref for one in law]
            raise NotFound(
                f"`{named}` is not of today's law",
                remedy=nearest(named, known, "name it with --today") if known else "leave it out",
            )
        return found
    return tuple(one for one in law if one.id == draft.id or draft.supersedes in (one.ref, one.id))
