"""A Cedar text cut into its policies, each with the line on which it starts.

Source: the Cedar policy grammar: a policy ends with `;`, which occurs nowhere
else outside strings and comments. Does not: parse (`comity.cedar.policy`).
"""

from __future__ import annotations

import re
from typing import Final

import msgspec

_PIECES: Final = re.compile(r'//[^\n]*|"(?:[^"\\]|\\.)*"|;|\s+|[^\s;"/]+|[/"]', re.DOTALL)


class Written(msgspec.Struct, frozen=True):
    """One policy as written. `line` counts from 0 in the text it came from."""

    source: str
    line: int


def split_policies(text: str) -> tuple[Written, ...]:
    """The policies of a text in order.

    What follows the last `;` is kept, so that the parser finds an unfinished policy.
    """
    found: list[Written] = []
    start: int | None = None
    end = 0
    for piece in _PIECES.finditer(text):
        part = piece.group()
        if part.isspace() or part.startswith("//"):
            continue
        if start is None:
            start = piece.start()
        end = piece.end()
        if part == ";":
            found.append(_cut(text, start, end))
            start = None
    if start is not None:
        found.append(_cut(text, start, end))
    return tuple(found)


def _cut(text: str, start: int, end: int) -> Written:
    return Written(text[start:end], text.count("\n", 0, start))
