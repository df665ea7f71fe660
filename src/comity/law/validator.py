"""The validator's messages in the words of an instrument.

Source: the messages of the reference engine's strict validator (cedar-policy
4.12). Invariant: a message nobody foresaw is passed on as it is, never dropped.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

import msgspec

from comity.law.words import acts_with, fields_at

_NO_CONTEXT: Final = re.compile(r'attribute `(.+)` in context for Action::"(.+)" not found')
_NO_ATTRIBUTE: Final = re.compile(r"attribute `(.+)` on entity type `(.+)` not found")
_OPTIONAL: Final = re.compile(
    r"unable to guarantee safety of access to optional attribute `(.+?)`(?: (?:on|in) .*)?"
)
_NOT_BOOLEAN: Final = re.compile(r"unexpected type: expected (.+) but saw (.+)")
_LITERAL: Final = re.compile(r"error during extension function argument validation: (.+)")
_NO_ACT: Final = "unable to find an applicable action given the policy scope constraints"
_UNKNOWN_WORD: Final = re.compile(
    r"unrecognized (?:action|entity type) `|.*is of an enumerated entity type, but "
)


class Finding(msgspec.Struct, frozen=True):
    """A message in our words; `pattern` finds its place in the policy."""

    what: str
    remedy: str
    pattern: str


def findings(
    messages: Iterable[str], *, unknown_words: bool, unknown_scope: bool
) -> tuple[Finding, ...]:
    """What the validator found, each once.

    With `unknown_words` those were found already (`comity.law.words`), and what
    merely follows from them is left out; with `unknown_scope` the validator took
    the policy to apply to acts that it was not written for.
    """
    found: dict[Finding, None] = {}
    for message in messages:
        if unknown_words and _follows(message, unknown_scope=unknown_scope):
            continue
        found[_finding(message)] = None
    return tuple(found)


def _follows(message: str, *, unknown_scope: bool) -> bool:
    if _UNKNOWN_WORD.match(message) or message == _NO_ACT:
        return True
    field = _missing_field(message)
    return field is not None and (unknown_scope or _strange(*field))


def _missing_field(message: str) -> tuple[str, str] | None:
    """The variable and the field that are not found together."""
    if named := _NO_CONTEXT.fullmatch(message):
        return "context", named[1]
    if named := _NO_ATTRIBUTE.fullmatch(message):
        return "resource" if named[2] in ("Record", "Register") else "principal", named[1]
    return None


def _finding(message: str) -> Finding:
    field = _missing_field(message)
    if field is not None:
        return _lacks(*field)
    if message == _NO_ACT:
        return Finding(
            "a dead clause: its scope can apply to no act",
            "write `action in` before a group of acts, and a resource that the acts have",
            "action",
        )
    return _other(message)


def _other(message: str) -> Finding:
    if named := _OPTIONAL.fullmatch(message):
        name = named[1]
        return Finding(
            f"`{name}` may be absent, and reading it then fails",
            f"ask first: `… has {name} && …`",
            rf"\b{re.escape(name)}\b",
        )
    if named := _LITERAL.fullmatch(message):
        return Finding(named[1], "write a day as 2018-08-31", "when|unless")
    if named := _NOT_BOOLEAN.fullmatch(message):
        return Finding(
            f"a value of type {named[2]} stands where {named[1]} is needed",
            "compare it with something",
            "when|unless",
        )
    return Finding(message, "compare the policy with one of another clause", "when|unless")


def _strange(variable: str, name: str) -> bool:
    """Whether a field occurs nowhere, so that it is reported as an unknown word."""
    *above, last = name.split(".")
    return last not in (fields_at((variable, *above)) or {})


def _lacks(variable: str, name: str) -> Finding:
    """A field that exists, but not among the facts of every act in the policy's scope."""
    having = [f'Action::"{environment.group}"' for environment in acts_with(variable, name)]
    if having:
        what = f"`{variable}.{name}` is not among the facts of every act in this scope"
        remedy = f"narrow the scope to acts that have it: `action in [{', '.join(having)}]`"
    else:
        what = f"unknown field `{variable}.{name}`"
        remedy = "use a field of " + ", ".join(fields_at((variable,)) or {})
    return Finding(what, remedy, rf"\b{re.escape(name)}\b")
