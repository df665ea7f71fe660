"""A clause's prose, and what changed in it, as a browser shows them.

Source: docs/instruments.md: paragraphs, lists of `- ` or `1. `, `*emphasis*`, `**strong**` and
`` `code` ``; nothing else of Markdown occurs in the texts, and what else is written stays as it is
written. Invariant: every character of the text is escaped, and none is lost but the marks.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import SequenceMatcher
from typing import Final

from markupsafe import Markup, escape

_MARKED: Final = re.compile(r"\*\*(?P<strong>[^*\n]+)\*\*|\*(?P<em>[^*]+)\*|`(?P<code>[^`]+)`")
_ITEM: Final = re.compile(r"(?:[-*]|\d+\.)\s+")
_WORDS: Final = re.compile(r"\s+|[^\s]+")
_TAGS: Final = {
    "strong": Markup("<strong>{}</strong>"),
    "em": Markup("<em>{}</em>"),
    "code": Markup("<code>{}</code>"),
}
_WORDS_MAX: Final = 4_000
"""Longer texts are shown whole, before and after."""


def prose(text: str) -> Markup:
    """The text as paragraphs and lists."""
    return Markup("").join(_block(block) for block in re.split(r"\n\s*\n", text.strip()) if block)


def redline(before: str, after: str) -> Markup:
    """Both texts in one, with what was taken out and what was put in."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) + len(new) > _WORDS_MAX:
        return Markup("<del>{}</del> <ins>{}</ins>").format(before, after)
    return Markup("").join(_runs(old, new))


def _runs(old: list[str], new: list[str]) -> Iterator[Markup]:
    for word, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, now = "".join(old[i:j]), "".join(new[k:m])
        if word == "equal":
            yield escape(was)
            continue
        if was:
            yield Markup("<del>{}</del>").format(was)
        if now:
            yield Markup("<ins>{}</ins>").format(now)


def _block(block: str) -> Markup:
    lines = [line.strip() for line in block.split("\n") if line.strip()]
    if not lines or not _ITEM.match(lines[0]):
        return Markup("<p>{}</p>").format(_inline(" ".join(lines)))
    items: list[str] = []
    for line in lines:
        found = _ITEM.match(line)
        if found:
            items.append(line[found.end() :])
        else:
            items[-1] += f" {line}"
    inside = Markup("").join(Markup("<li>{}</li>").format(_inline(item)) for item in items)
    whole = Markup("<ol>{}</ol>") if lines[0][0].isdigit() else Markup("<ul>{}</ul>")
    return whole.format(inside)


def _inline(text: str) -> Markup:
    parts: list[Markup] = []
    at = 0
    for found in _MARKED.finditer(text):
        kind = str(found.lastgroup)
        parts.append(escape(text[at : found.start()]))
        parts.append(_TAGS[kind].format(found[kind]))
        at = found.end()
    return Markup("").join([*parts, escape(text[at:])])
