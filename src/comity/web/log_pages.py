"""The public log over HTTP, for anybody: the checkpoint, and tiles and entries for ever.

Source: C2SP tlog-tiles. Invariants: a checkpoint is cached for a second at most, everything else
is immutable; a path that names no tile is not looked up. Does not: need the gateway: the same
folder may be served by any web server.
"""

from __future__ import annotations

from typing import Final

from comity.ledger import checkpoint, tiles
from comity.store.publishing import Publisher
from comity.store.tile_folder import CHECKPOINT
from comity.web.problems import ProblemRaised

FOR_EVER: Final = "public, max-age=31536000, immutable"
A_SECOND: Final = "public, max-age=1"


def log_page(
    publisher: Publisher | None, place: str, year: str | None = None
) -> tuple[bytes, dict[str, str]]:
    """The bytes at a path under the prefix of the first log, or of a later year's; their headers.

    Raises ProblemRaised (not found), StoreUnreadable.
    """
    folder = None if publisher is None else publisher.serving(year)
    raw = None if folder is None else folder.fetch(place)
    if raw is None:
        raise ProblemRaised(
            "not-found",
            f"the public log has no `{place[:80]}`",
            remedy="ask for what the checkpoint calls for; a partial tile gives way to the full one",
        )
    latest = place == CHECKPOINT
    return raw, {
        "Content-Type": checkpoint.CONTENT_TYPE if latest else tiles.CONTENT_TYPE,
        "Cache-Control": A_SECOND if latest else FOR_EVER,
        "Access-Control-Allow-Origin": "*",
        "X-Content-Type-Options": "nosniff",
    }
