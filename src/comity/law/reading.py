"""Reading a mapping key by key, with every fault kept and none raised.

Source: issue A, "all problems at once". Invariants: an unknown key is a problem;
a value of the wrong kind is a problem and reads as an empty one, so that reading
goes on. Does not: know what a key means.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final, TypeVar

import msgspec

from comity.instant import Instant, InstantError, parse_local
from comity.law.block import BlockInvalid, Node, read_block
from comity.law.problem import Problem, nearest

Word = TypeVar("Word", bound=StrEnum)

YEARS: Final = (1700, 2999)
"""The first and last year that a date in an instrument may have."""


class Reading(msgspec.Struct):
    """The problems found so far in one text.

    `damaged` are clauses that were not read whole; `rules_whole` is false once a
    policy was lost, so that what the text decides is not known.
    """

    path: str
    problems: list[Problem] = []
    damaged: set[str] = set()
    rules_whole: bool = True

    def problem(self, line: int, what: str, remedy: str, clause: str | None = None) -> None:
        """Keep one fault."""
        self.problems.append(Problem(self.path, line, clause, what, remedy))
        if clause is not None:
            self.damaged.add(clause)

    def block(self, text: str, first_line: int, clause: str | None = None) -> Node | None:
        """The YAML of a block, or None with the problem kept."""
        try:
            return read_block(text, first_line)
        except BlockInvalid as fault:
            self.problem(fault.line, fault.what, fault.remedy or "", clause)
            return None


class Form:
    """A mapping with known keys. `name` says in messages which one it is."""

    def __init__(
        self,
        reading: Reading,
        node: Node,
        name: str,
        keys: Iterable[str],
        clause: str | None = None,
    ) -> None:
        self._reading = reading
        self._name = name
        self._clause = clause
        self.line = node.line
        self.broken: set[str] = set()
        known = list(keys)
        self._fields: dict[str, Node] = {}
        if not isinstance(node.value, dict):
            self.fault(None, f"{name} is not a mapping", f"write `key: value` with {_list(known)}")
            self.broken.update(known)
            return
        self._fields = node.value
        for key, value in self._fields.items():
            if key not in known:
                self.fault(key, f"unknown key `{key}` in {name}", nearest(key, known), value.line)

    def fault(self, key: str | None, what: str, remedy: str, line: int | None = None) -> None:
        """Keep one fault of this mapping, at the line of its key unless another is given."""
        if key is not None:
            self.broken.add(key)
            if line is None and key in self._fields:
                line = self._fields[key].line
        self._reading.problem(line or self.line, what, remedy, self._clause)

    def has(self, key: str) -> bool:
        """Whether the key is written."""
        return key in self._fields

    def line_of(self, key: str) -> int:
        """The line of a key, or of the mapping."""
        return self._fields[key].line if key in self._fields else self.line

    def node(self, key: str, *, required: bool = True) -> Node | None:
        """The value with its line."""
        if key in self._fields:
            return self._fields[key]
        if required and key not in self.broken:
            self.fault(key, f"`{key}` is missing in {self._name}", f"add `{key}:`")
        return None

    def text(self, key: str, *, required: bool = True) -> str:
        """A text; whole numbers count as text, since a clause number or title may be one."""
        node = self.node(key, required=required)
        if node is None:
            return ""
        if isinstance(node.value, bool) or not isinstance(node.value, str | int):
            self.fault(key, f"`{key}` is not a text", "put it in quotation marks")
            return ""
        value = " ".join(str(node.value).split())
        if not value:
            self.fault(key, f"`{key}` is empty", f"say what `{key}` is")
        return value

    def whole(self, key: str, least: int) -> int:
        """A whole number, not below `least`."""
        node = self.node(key)
        if node is None:
            return least
        if isinstance(node.value, bool) or not isinstance(node.value, int) or node.value < least:
            self.fault(
                key, f"`{key}` is not a whole number from {least} up", f"write {key}: {least}"
            )
            return least
        return node.value

    def flag(self, key: str, *, otherwise: bool) -> bool:
        """`true` or `false`."""
        node = self.node(key, required=False)
        if node is None:
            return otherwise
        if not isinstance(node.value, bool):
            self.fault(key, f"`{key}` is neither true nor false", f"write {key}: true")
            return otherwise
        return node.value

    def word(self, key: str, words: type[Word], noun: str, *, required: bool = True) -> Word | None:
        """A word of a closed list."""
        node = self.node(key, required=required)
        return None if node is None else self.known(key, node, words, noun)

    def words(self, key: str, words: type[Word], noun: str) -> tuple[Word, ...]:
        """Several words of a closed list."""
        found = (self.known(key, node, words, noun) for node in self.nodes(key))
        return tuple(word for word in found if word is not None)

    def known(self, key: str, node: Node, words: type[Word], noun: str) -> Word | None:
        """One value as a word of a closed list, or a problem that names the nearest."""
        try:
            return words(node.value)
        except ValueError:
            names = [word.value for word in words]
            remedy = nearest(str(node.plain()), names)
            self.fault(key, f"unknown {noun} `{node.plain()}`", remedy, node.line)
            return None

    def nodes(self, key: str, *, required: bool = False) -> list[Node]:
        """The items of a list."""
        node = self.node(key, required=required)
        if node is None:
            return []
        if not isinstance(node.value, list):
            self.fault(key, f"`{key}` is not a list", f"write {key}: [one, two]")
            return []
        return list(node.value)

    def texts(self, key: str, *, required: bool = False) -> tuple[str, ...]:
        """The items of a list of texts."""
        found = []
        for node in self.nodes(key, required=required):
            if isinstance(node.value, str) and node.value.strip():
                found.append(" ".join(node.value.split()))
            else:
                self.fault(key, f"an item of `{key}` is not a text", "write words", node.line)
        return tuple(found)

    def local(self, key: str, zone: str) -> Instant | None:
        """A local time in a zone, of a year in which texts like these are written."""
        text = self.text(key)
        if not text or not zone:
            return None
        year = text.partition("-")[0]
        if len(year) == 4 and year.isdecimal() and not YEARS[0] <= int(year) <= YEARS[1]:
            self.fault(key, f"the year {year} is out of bounds", f"{YEARS[0]} to {YEARS[1]}")
            return None
        try:
            return parse_local(text, zone)
        except InstantError as fault:
            self.fault(key, fault.what, fault.remedy or "write a time that clocks there show")
            return None


def _list(words: Iterable[str]) -> str:
    return ", ".join(words)
