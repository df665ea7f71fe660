"""YAML read strictly: front matter and fenced blocks, with the line of every value.

Source: YAML 1.2, the part of it that cannot surprise. Invariants: a plain `true`,
`false` or decimal integer is what it looks like and everything else is text
(a day stays text, `no` is a word, `2.1` is a clause number); duplicate keys, aliases, tags and
merge keys are errors; an escape makes no character that could not stand in the text.
Does not: know what the keys mean.
"""

from __future__ import annotations

import re
from typing import Any, Final

import msgspec
import yaml

from comity.errors import ComityError
from comity.law.digest import unseen

_INTEGER: Final = re.compile(r"0|-?[1-9][0-9]{0,17}")


class BlockInvalid(ComityError):
    """A block is not YAML of the strict kind. `line` counts from 1 in the whole text."""

    def __init__(self, what: str, line: int, remedy: str) -> None:
        self.line = line
        super().__init__(what, where=f"line {line}", remedy=remedy)


class Node(msgspec.Struct, frozen=True):
    """A value and the line (from 1) on which it, or its key, stands."""

    value: Any  # str, int, bool, list[Node] or dict[str, Node]
    line: int

    def plain(self) -> Any:
        """The value without lines."""
        if isinstance(self.value, dict):
            return {key: node.plain() for key, node in self.value.items()}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value


def read_block(text: str, first_line: int) -> Node | None:
    """Read one YAML document whose first line is `first_line` of the whole text.

    None where the block is empty. Raises BlockInvalid.
    """
    try:
        _refuse_indirection(text, first_line)
        composed = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as fault:
        raise _from_yaml(fault, first_line) from fault
    except (RecursionError, ValueError, OverflowError) as fault:
        raise BlockInvalid(
            "the block cannot be read", first_line, "write it as plain YAML"
        ) from fault
    return None if composed is None else _node(composed, first_line)


def _from_yaml(fault: yaml.YAMLError, first_line: int) -> BlockInvalid:
    line = first_line
    what = "not YAML"
    if isinstance(fault, yaml.MarkedYAMLError):
        if fault.problem_mark is not None:
            line += fault.problem_mark.line
        if fault.problem:
            what = f"not YAML: {fault.problem}"
    return BlockInvalid(what, line, "put text with `: `, `#` or brackets in quotation marks")


def _refuse_indirection(text: str, first_line: int) -> None:
    """Anchors, aliases and tags, by which a value is not what it looks like."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = first_line + (event.start_mark.line if event.start_mark else 0)
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise BlockInvalid("anchors and aliases are not allowed", line, "write the value again")
        if getattr(event, "tag", None):
            raise BlockInvalid("a value with a tag", line, "leave the tag out")


def _node(composed: yaml.Node, first_line: int, key_line: int | None = None) -> Node:
    line = first_line + composed.start_mark.line if key_line is None else key_line
    if isinstance(composed, yaml.MappingNode):
        return Node(_mapping(composed, first_line), line)
    if isinstance(composed, yaml.SequenceNode):
        return Node([_node(item, first_line) for item in composed.value], line)
    if isinstance(composed, yaml.ScalarNode):
        found = unseen(composed.value.replace("\n", " "))
        if found is not None:
            what = f"a character that is not seen as what it is: {found}"
            raise BlockInvalid(what, line, "leave the escape out")
        return Node(_scalar(composed), line)
    raise BlockInvalid("a value of no known kind", line, "write it as plain YAML")


def _mapping(composed: yaml.MappingNode, first_line: int) -> dict[str, Node]:
    found: dict[str, Node] = {}
    for key, value in composed.value:
        line = first_line + key.start_mark.line
        if not isinstance(key, yaml.ScalarNode) or not key.value:
            raise BlockInvalid("a key must be a word", line, "write `key: value`")
        if key.value in found:
            raise BlockInvalid(f"`{key.value}` stands twice", line, "keep one of the two")
        found[key.value] = _node(value, first_line, line)
    return found


def _scalar(composed: yaml.ScalarNode) -> str | int | bool:
    text: str = composed.value
    if composed.style is None:
        if text in ("true", "false"):
            return text == "true"
        if _INTEGER.fullmatch(text):
            return int(text)
    return text
