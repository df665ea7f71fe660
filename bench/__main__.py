"""`python -m bench [name …]`: one JSON line a figure on stdout, talk on stderr.

A bench is a module of this package with `measure() -> Iterator[Figure]`.
"""

from __future__ import annotations

import importlib
import sys

BENCHES = (
    "help",
    "decision",
    "ingest",
    "lists",
    "gateway",
    "ledger",
    "audit",
    "prove",
    "replay",
    "pages",
)


def main(names: list[str]) -> int:
    """Run the named benches, or all; 2 for a name that is none."""
    for name in names:
        if name not in BENCHES:
            print(f"bench: `{name}` is none of {', '.join(BENCHES)}", file=sys.stderr)
            return 2
    for name in names or BENCHES:
        print(f"bench: {name} …", file=sys.stderr, flush=True)
        for figure in importlib.import_module(f"bench.{name}").measure():
            print(figure.line(), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
