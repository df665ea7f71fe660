"""What a difference between two texts comes to in past inquiries: `comity law diff --effect`.

Source: docs/replay.md. The two texts are replayed beside the other texts of today's law: first
with the one, then with the other. Invariant: of neither text another version stands beside it.
Does not: compare the texts (`comity.law.diff`).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from comity.cli.law_replay import demand_history, flips_of, show
from comity.cli.law_today import draft_of, law_of_today
from comity.cli.output import emit, say
from comity.cli.settings import load_settings
from comity.errors import NotFound
from comity.law.instrument import Instrument


def effect_of(
    before: str, after: str, history: Path | None, today: Sequence[str], *, shown: bool
) -> dict[str, Any]:
    """The effect as data; as tables on stdout too where it is `shown`."""
    folder = demand_history(history)
    old, new = draft_of(before), draft_of(after)
    ids = {old.id, new.id}
    beside = [one for one in _beside(today) if one.id not in ids]
    flips = flips_of(folder, "polars", ([*beside, old], [*beside, new]), (None, None), ())
    if shown:
        emit()
        show(flips)
    counts = flips.inquiries
    say(
        f"beside {', '.join(one.ref for one in beside) or 'no other text'}:"
        f" of {flips.rows:,} past inquiries {counts['opens']:,} open, {counts['closes']:,} close,"
        f" {counts['undecidable']:,} cannot be decided"
    )
    return {
        "beside": [one.ref for one in beside],
        "inquiries": flips.rows,
        "changed": dict(flips.inquiries),
        "by_clause": flips.by("change", "clause").to_dicts(),
        "by_act": flips.by("act", "change").to_dicts(),
        "not_kept": dict(flips.not_kept),
    }


def _beside(today: Sequence[str]) -> list[Instrument]:
    """The texts named, else those in force here; without an installation none."""
    if not today:
        try:
            load_settings()
        except NotFound:
            return []
    return law_of_today(today)
