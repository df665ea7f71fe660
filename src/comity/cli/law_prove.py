"""`comity law prove`: promises proved over all possible inquiries, and claims about texts.

Source: docs/proofs.md. Exit codes: 0 all proved, 1 something is disproved or unknown, 2
promises or drafts that cannot be put to a proof, or no solver, 3 no such place, 6 a
counterexample that the live law does not confirm, which is a defect of Comity. Does not:
change anything. Without `--adopted`, terms are those of the texts.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, NamedTuple, TypeVar

import click
import msgspec

from comity.cedar.symbolic.answer import RESOURCES, Counterexample, Limit
from comity.cli.law_prove_files import Chosen, TextFolder, first_instant, read_draft
from comity.cli.law_sign import moment
from comity.cli.output import clock, emit, emit_json, say
from comity.cli.settings import load_settings, shipped
from comity.errors import NotFound
from comity.instant import Instant, format_instant, format_local
from comity.law.instrument import Instrument
from comity.law.problem import InstrumentInvalid
from comity.oversight.promise import Promise, Promises, PromisesInvalid

if TYPE_CHECKING:
    from comity.oversight.promise_bodies import Period
    from comity.oversight.prove import Finding, Means
    from comity.oversight.prove_texts import Judged

One = TypeVar("One")

NOT_PROVED: Final = 1
BAD_INPUT: Final = 2

ASSUMES: Final = (
    "facts conform to the schema: the record system's data and the paper at hand are as they say",
    "the roster is right: who an officer is, and which parties the agency represents",
    "the texts named are those in force: by their terms, votes carried; or --adopted, as signed",
    "cedarpy decides live; what z3 proves rests on our reading of Cedar, tested against cedarpy",
)
"""What a proof takes for granted, said with every one."""


@click.command("prove")
@click.argument("places", nargs=-1)
@click.option("--as-of", metavar="TIME", help="Only the law of that instant. Default: all periods.")
@click.option("--adopted", is_flag=True, help="The law in force in this city's register.")
@click.option("--publish", is_flag=True, help="With --adopted: show the results on the portal.")
@click.option(
    "--text",
    "drafts",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A draft, in place of the text of its version or beside the others.",
)
@click.option("--against", metavar="TEXT", help="Does the draft allow anything that TEXT does not?")
@click.option("--equivalent", is_flag=True, help="With --against: and the other way round.")
@click.option("--errs", is_flag=True, help="No prohibition can fail.")
@click.option("--dead", is_flag=True, help="Every rule applies to some request.")
@click.option("--conflicts", is_flag=True, help="No text refuses what another commands.")
@click.option("--classes", is_flag=True, help="Requests of one clause class are answered alike.")
@click.option("--cross-check", is_flag=True, help="Ask cvc5 each question too.")
@click.option(
    "--work",
    type=click.IntRange(1),
    default=RESOURCES,
    show_default=True,
    help="What one question may cost, in the solver's own count.",
)
@click.option("--law", "folder", type=click.Path(path_type=Path), help="Another folder of texts.")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def prove(
    places: tuple[str, ...],
    as_of: str | None,
    adopted: bool,
    publish: bool,
    drafts: tuple[Path, ...],
    against: str | None,
    equivalent: bool,
    errs: bool,
    dead: bool,
    conflicts: bool,
    classes: bool,
    cross_check: bool,
    work: int,
    folder: Path | None,
    as_json: bool,
) -> None:
    """Prove promises over all possible inquiries, or show one that breaks them.

    PLACES are names such as `philadelphia`, or files of promises; without any, every place
    that has promises. With --errs, --dead, --conflicts, --classes or --against, claims about
    the texts are proved instead.
    """
    # Here, because a solver may be missing, and `--help` needs none.
    from comity.oversight.prove import Means
    from comity.oversight.prove import prove as prove_promises

    if publish and (not adopted or as_of is not None):
        raise click.UsageError("--publish goes with --adopted, for the law in force now")
    texts = TextFolder(folder or _folder())
    means = Means(Limit(resources=work), cross_check)
    wanted = _Wanted(against, equivalent, errs, dead, conflicts, classes)
    drafted, chosen, old = _read(texts, places, drafts, wanted, adopted=adopted)
    printer = _Printer(as_json=as_json)
    if wanted.claims:
        seen: set[tuple[str, str]] = set()
        together = texts.together(places, drafted)
        asked = _claims(chosen, together, drafted, old, wanted, as_of, means)
        for judged, milliseconds in _timed(chain.from_iterable(asked)):
            # Two texts that stand together in several places are told of once.
            if (judged.claim, judged.about) not in seen:
                seen.add((judged.claim, judged.about))
                printer.judged(judged, milliseconds)
    else:
        told: list[tuple[Promises, Finding]] = []
        for each, promises in _with_promises(chosen):
            law = _law(each, promises, as_of, adopted=adopted)
            printer.place(promises, law.instruments, law.standing)
            found = prove_promises(promises, law.instruments, means, law.at, law.standing)
            for finding, milliseconds in _timed(found):
                printer.promise(promises, finding, milliseconds)
                told.append((promises, finding))
        if publish:
            _publish(told)
    printer.finish()


class _Law(NamedTuple):
    """The texts that are looked at, at which instant, and what stands then where a register says."""

    instruments: Sequence[Instrument]
    at: Instant | None
    standing: Period | None


def _law(each: Chosen, promises: Promises, as_of: str | None, *, adopted: bool) -> _Law:
    if not adopted:
        return _Law(each.instruments, None if as_of is None else moment(as_of, promises.zone), None)
    # Here, because nothing else of this command needs a database.
    from comity.oversight.promise_bodies import Period
    from comity.store.sqlite.database import Database
    from comity.store.sqlite.law import load_register

    settings = load_settings()
    at = clock() if as_of is None else moment(as_of, settings.time_zone)
    with Database.open(settings.database) as database:
        register = load_register(database.reader(), settings.stack)
    law = register.in_force(at)
    standing = Period(at, law.until, law.instruments)
    return _Law(tuple(register.instruments.values()), at, standing)


def _publish(told: list[tuple[Promises, Finding]]) -> None:
    """Keep the results beside the database, under the digest of the law they are of."""
    from comity.cli.law_prove_publish import publish
    from comity.store.sqlite.database import Database
    from comity.store.sqlite.law import load_register

    settings, at = load_settings(), clock()
    with Database.open(settings.database) as database:
        law = load_register(database.reader(), settings.stack).in_force(at)
    say(f"published in {publish(settings.database, law.digest, at, told)}")


class _Wanted(msgspec.Struct, frozen=True):
    """Which claims about the texts are asked for, in place of their promises."""

    against: str | None
    equivalent: bool
    errs: bool
    dead: bool
    conflicts: bool
    classes: bool

    @property
    def claims(self) -> bool:
        """Whether any is."""
        return self.errs or self.dead or self.conflicts or self.classes or self.against is not None


def _read(
    texts: TextFolder,
    places: tuple[str, ...],
    drafts: tuple[Path, ...],
    wanted: _Wanted,
    *,
    adopted: bool,
) -> tuple[list[Instrument], list[Chosen], Instrument | None]:
    """Drafts, places and the text to compare with; leaves with BAD_INPUT where one is unusable."""
    if wanted.equivalent and wanted.against is None:
        raise click.UsageError("--equivalent needs --against, the text to compare with")
    if adopted and (drafts or wanted.claims):
        raise click.UsageError("--adopted is for promises, and for texts that are adopted")
    if wanted.against is not None and len(drafts) != 1:
        raise click.UsageError("--against needs one --text, the draft to compare")
    try:
        drafted = [read_draft(path) for path in drafts]
        old = None if wanted.against is None else texts.text(wanted.against)
        if places or not wanted.claims:
            named = places or texts.places()
            return drafted, [texts.choose(place, drafted) for place in named], old
        return drafted, [] if drafted else [texts.whole()], old
    except (InstrumentInvalid, PromisesInvalid) as fault:
        for problem in fault.problems:
            say(problem.render())
        raise click.exceptions.Exit(BAD_INPUT) from fault


def _with_promises(chosen: list[Chosen]) -> Iterator[tuple[Chosen, Promises]]:
    for each in chosen:
        if each.promises is None:
            raise NotFound(
                f"`{each.place}` has no promises",
                remedy="write them as in docs/proofs.md, or ask for --errs or --dead",
            )
    for each in chosen:
        if each.promises is not None:
            yield each, each.promises


def _folder() -> Path:
    """The folder of the settings, else the texts that came with this installation."""
    try:
        return load_settings().law
    except NotFound:
        return shipped("law")


def _claims(
    chosen: list[Chosen],
    together: Iterable[Chosen],
    drafted: list[Instrument],
    old: Instrument | None,
    wanted: _Wanted,
    as_of: str | None,
    means: Means,
) -> Iterator[Iterable[Judged]]:
    about = drafted or [one for each in chosen for one in each.instruments]
    yield from _of_each(about, means, wanted)
    if wanted.conflicts:
        for each in together:
            yield _conflicts(each, as_of, means)
    if old is not None:
        yield from _versions(drafted[0], old, means, equivalent=wanted.equivalent)


def _of_each(about: list[Instrument], means: Means, wanted: _Wanted) -> Iterator[Iterable[Judged]]:
    from comity.oversight import prove_texts

    once = list({one.ref: one for one in about}.values())
    if wanted.errs:
        yield prove_texts.forbids_never_err(once, means)
    if wanted.dead:
        yield prove_texts.rules_alive(once, means)
    if wanted.classes:
        yield prove_texts.classes_sound(once, means)


def _conflicts(each: Chosen, as_of: str | None, means: Means) -> Iterator[Judged]:
    from comity.oversight.promise_bodies import periods
    from comity.oversight.prove_texts import no_conflicts

    since = first_instant(each.instruments)
    at = None if as_of is None else moment(as_of, each.zone)
    return no_conflicts(
        periods(each.instruments, since if at is None else min(since, at), at), means
    )


def _versions(
    new: Instrument, old: Instrument, means: Means, *, equivalent: bool
) -> Iterator[Iterable[Judged]]:
    from comity.oversight.prove_texts import allows_no_more

    yield allows_no_more(new, old, means)
    if equivalent:
        yield allows_no_more(old, new, means)


def _timed(found: Iterable[One]) -> Iterator[tuple[One, int]]:
    """Each with the milliseconds it took."""
    begun = time.perf_counter()
    for one in found:
        yield one, round((time.perf_counter() - begun) * 1000)
        begun = time.perf_counter()


class _Printer:
    """Says each answer as it comes, or keeps them all for JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._promises: list[dict[str, Any]] = []
        self._claims: list[dict[str, Any]] = []
        self._counts: dict[str, int] = {}
        self._milliseconds = 0

    def place(
        self, promises: Promises, instruments: Sequence[Instrument], standing: Period | None
    ) -> None:
        """The head of a place's promises."""
        if not self._as_json:
            said = _count(len(instruments), "text")
            if standing is not None:
                said = f"{len(standing.instruments)} of {said} in force"
            emit(f"{promises.title} ({said})")

    def promise(self, promises: Promises, finding: Finding, milliseconds: int) -> None:
        """One promise and what became of it."""
        from comity.oversight.proof_words import in_words
        from comity.oversight.prove import Broken, Kept

        promise = finding.promise
        said: dict[str, Any] = {
            "place": promises.place,
            "number": promise.number,
            "says": promise.says,
            "acts": promise.acts,
            "ms": milliseconds,
        }
        lines: list[str]
        match finding:
            case Kept():
                said |= {
                    "outcome": "proved",
                    "kinds": finding.kinds,
                    "periods": finding.periods,
                    "solvers": finding.solvers,
                }
                lines = [f"proved over all inquiries: {_over(promise, finding, milliseconds)}"]
                if not finding.kinds:
                    lines.append("(no rule of these texts lets it through at all)")
            case Broken():
                words = in_words(finding.example, promises.zone)
                since = format_local(finding.period.since, promises.zone)
                said |= {
                    "outcome": "disproved",
                    "since": format_instant(finding.period.since),
                    "ruling": finding.ruling,
                    "clauses": finding.clauses,
                    "example": words,
                    "request": _request(finding.example),
                }
                lines = [f"disproved: here is an inquiry that the law from {since} on allows"]
                if finding.period.without is not None:
                    lines.append(f"  (taking {finding.period.without.ref} as not renewed)")
                lines += [f"  {word}" for word in words]
                cited = "; ".join(clause.cite() for clause in finding.clauses)
                lines.append(f"  {finding.ruling}, by {cited}: confirmed by the live engine")
            case _:
                said |= {"outcome": "unknown", "reasons": finding.reasons}
                lines = [f"unknown: {reason}" for reason in finding.reasons]
        self._count(said["outcome"], milliseconds)
        self._promises.append(said)
        if not self._as_json:
            emit(f"{promise.number:>3}  {promise.says}")
            for line in lines:
                emit(f"     {line}")

    def judged(self, judged: Judged, milliseconds: int) -> None:
        """One claim about texts."""
        from comity.oversight.proof_words import in_words

        outcome = judged.outcome.value
        disproved = outcome == "disproved"
        examples = [in_words(one) for one in judged.examples] if disproved else []
        self._count(outcome, milliseconds)
        self._claims.append(
            {
                "claim": judged.claim.value,
                "about": judged.about,
                "outcome": outcome,
                "kinds": judged.kinds,
                "ms": milliseconds,
                "clauses": judged.clauses,
                "why": judged.why,
                "examples": examples,
                "requests": [_request(one) for one in judged.examples] if disproved else [],
            }
        )
        if self._as_json:
            return
        emit(f"{outcome}: {judged.about}: {judged.claim.value}")
        if outcome != "proved":
            if judged.why:
                emit(f"     {judged.why}")
            for words in examples:
                for word in words:
                    emit(f"       {word}")
            for clause in judged.clauses:
                emit(f"     {clause.cite()}")

    def finish(self) -> None:
        """The count on stderr, and the exit code."""
        if self._as_json:
            emit_json({"promises": self._promises, "claims": self._claims, "assumes": ASSUMES})
        counted = ", ".join(
            f"{self._counts.get(word, 0)} {word}" for word in ("proved", "disproved", "unknown")
        )
        say(f"{counted}; {self._milliseconds} ms")
        for line in ASSUMES:
            say(f"assumed: {line}")
        if set(self._counts) - {"proved"}:
            raise click.exceptions.Exit(NOT_PROVED)

    def _count(self, outcome: str, milliseconds: int) -> None:
        self._counts[outcome] = self._counts.get(outcome, 0) + 1
        self._milliseconds += milliseconds


def _over(promise: Promise, finding: Any, milliseconds: int) -> str:
    by = f", by {' and '.join(finding.solvers)}" if finding.solvers else ""
    return (
        f"{_count(len(promise.acts), 'act')}, {_count(finding.periods, 'period')} of law, "
        f"{_count(finding.kinds, 'kind')} of inquiry, {milliseconds} ms{by}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


def _request(example: Counterexample) -> dict[str, Any]:
    """The request as cedarpy takes it."""
    return {
        "principal": str(example.principal),
        "action": f'Action::"{example.act}"',
        "resource": str(example.resource),
        "context": example.context,
        "entities": example.entities,
    }
