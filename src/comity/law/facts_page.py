"""The page of facts: what a text about a custody act or an act of the office may read.

Invariants: the page is made from the catalogue (`comity.law.matter`), so that it leaves
nothing out. Does not: write files (`docs/facts.md` is compared with it by a test).
"""

from __future__ import annotations

from collections.abc import Iterable

from comity.law.matter import (
    CHARGE,
    CONVICTION,
    INFORMATION,
    OFFICE,
    PAPER,
    PERSON,
    Fact,
    OfficeAct,
)
from comity.law.ruling import FORBIDS, PERMITS

_INTRODUCTION = """# Facts: what a rule about custody or the office can read

For a law department. A rule about a custody act (`hold`, `notify release`, `transfer`,
`interview`, `enter`, `tell status`) or an act of the office (below) reads facts of the matter
at hand from `context`. Every fact may be absent: a rule asks first whether it is given,

    context has tsdb_match && context.tsdb_match

One conviction at a time is `context.conviction`, one pending charge `context.charge`: a text that
asks for *a* conviction is met by any of them. Flags of a conviction or charge are false where nobody gave them, so that
`context has conviction && context.conviction.felony` is enough. This page is made from the
catalogue in the code; an unknown fact in a text is told with the nearest known one.

None of these facts is anybody's citizenship or immigration status. Where a word here names such
information (`data` being "citizenship or immigration status"), it names what a rule is *about*.
"""


def facts_page() -> str:
    """The whole page, Markdown."""
    parts = [_INTRODUCTION, "## Acts of the office\n", _list(act.value for act in OfficeAct)]
    parts += ["## Rulings\n", _RULINGS]
    for title, facts, prefix in (
        ("The paper", PAPER, "context."),
        ("The person", PERSON, "context."),
        ("Information and who receives it", INFORMATION, "context."),
        ("The office", OFFICE, "context."),
        ("A conviction", CONVICTION, "context.conviction."),
        ("A pending charge", CHARGE, "context.charge."),
    ):
        parts += [f"## {title}\n", _table(facts, prefix)]
    return "\n".join(parts)


_RULINGS = f"""A permit may say `@gives("…")` with one of: {", ".join(PERMITS)}; it gives `may`
without. A forbid: {", ".join(FORBIDS)}; it gives `deny` without. Of one text, any refusal beats
any permission. `@also("…")` adds what goes with the ruling, parted by `;`:

| written | means |
|---|---|
| `max_hours:48` | a limit or a content, told as it stands |
| `by: 60 days after filed` | a day, worked out from a fact of that name |
| `until: end of the day` | 23:59 local time of the day on which the person would otherwise leave |
| `retain_years: the greater of 5 and record_life_years` | the greater of a number and a fact |
"""


def _table(facts: Iterable[Fact], prefix: str) -> str:
    rows = ["| fact | is | means |", "|---|---|---|"]
    for fact in facts:
        kind = ", ".join(f'"{word}"' for word in fact.words) or fact.type.name.lower()
        rows.append(f"| `{prefix}{fact.name}` | {kind} | {fact.means} |")
    return "\n".join(rows) + "\n"


def _list(words: Iterable[str]) -> str:
    return "\n".join(f"- `{word}`" for word in words) + "\n"
