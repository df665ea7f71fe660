"""What a clause tells apart, in words: `grade F1, F2 | any other`, `charged or not`.

Source: DESIGN.md, "Clause classes"; the observations of `comity.cedar.footprint`. Invariants: the
words come from the same atoms by which a clause's answers are remembered, one phrase a place that
is looked at, and nothing that is looked at is left out; words that no atom tells apart stand
together. Does not: say what the clause makes of any of it (its prose does).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Final, TypeVar

from cedarpy import pst

from comity.cedar.footprint import in_words, observations_of, uid_of
from comity.cedar.observation import (
    Compared,
    Empty,
    Equals,
    Everything,
    Holds,
    Matches,
    Observation,
    OfType,
    Order,
    Path,
    Present,
    Same,
    Tags,
    Truth,
    Whole,
    Within,
)
from comity.cedar.policy import read_policy
from comity.cedar.value import Value
from comity.instant import Instant, format_local
from comity.law.instrument import Clause
from comity.law.schema import WORDS, Standing

T = TypeVar("T")

REST_MAX: Final = 3
"""So many words of a closed list that are not named are listed; more are `any other`."""

_NAMES: Final[Mapping[Path, str]] = {
    ("action",): "act",
    ("principal",): "asker",
    ("principal", "criminal_justice"): "asked by a criminal justice agency",
    ("resource",): "record",
    ("resource", "on_file"): "on file",
    ("resource", "in_custody"): "in custody",
    ("resource", "released_after"): "conviction that the person leaves custody after",
    ("resource", "released_after", "grade"): "grade of the conviction released after",
    ("resource", "released_after", "violent"): "violent conviction released after",
    ("context",): "inquiry",
    ("context", "at"): "instant",
    ("context", "basis"): "legal basis",
    ("context", "basis", "kind"): "legal basis: kind",
    ("context", "query"): "kind of query",
    ("context", "case_number"): "case number given",
    ("context", "approved"): "approved by an officer of the custodian",
    ("context", "standing_in"): "asked on behalf of somebody else",
    ("context", "request"): "paper",
}
_LISTS: Final[Mapping[Path, tuple[str, ...]]] = {
    ("resource", "standing"): tuple(Standing),
    ("resource", "grade"): tuple(WORDS["Grade"]),
    ("resource", "released_after", "grade"): tuple(WORDS["Grade"]),
    ("context", "purpose"): tuple(WORDS["Purpose"]),
    ("context", "query"): tuple(WORDS["Query"]),
    ("context", "basis", "kind"): tuple(WORDS["Process"]),
    ("context", "request"): tuple(WORDS["Process"]),
}
_ROOTS: Final = ("action", "principal", "resource", "context")


def tells_apart(clause: Clause, time_zone: str) -> tuple[str, ...]:
    """What a clause's rules tell apart, a phrase a place; instants in this time zone.

    Empty where it says the same of everything, or has no rule.
    """
    nodes = [read_policy(policy.id, policy.source) for policy in clause.policies]
    acts = dict.fromkeys(filter(None, map(_acts, nodes)))
    found = dict.fromkeys(one for node in nodes for one in _observed(node))
    if any(isinstance(one, Everything) for one in found):
        return ("every inquiry from every other",)
    pairs = [one for one in found if isinstance(one, Same | Compared)]
    places: dict[Path, list[Observation]] = {}
    optional: set[Path] = set()
    for one in found:
        if isinstance(one, Present):
            optional.add((*one.path, one.attribute))
        elif not isinstance(one, Same | Compared | Everything):
            places.setdefault(one.path, []).append(one)
    for path in optional:
        places.setdefault(path, [])
    if acts:
        places.setdefault(_ACT, []).extend(Equals(_ACT, together) for together in acts)
    phrases = [
        phrase
        for path in sorted(places, key=_order)
        # Sets in a rule have no order of their own.
        for phrase in _of_place(path, sorted(places[path], key=repr), path in optional, time_zone)
    ]
    return tuple(dict.fromkeys([*phrases, *map(_of_pair, pairs)]))


_ACT: Final[Path] = ("action",)


def _acts(node: pst.Template) -> tuple[Value, ...]:
    """The acts that a rule is about, which it does not tell apart by that."""
    if not isinstance(node.action, pst.ActionIn):
        return ()
    return tuple(("entity", *uid_of(entity)) for entity in node.action.entities)


def _observed(node: pst.Template) -> Iterable[Observation]:
    """What a rule observes, without the acts it is about."""
    about = len(_acts(node))
    for one in observations_of(node):
        if about and isinstance(one, Within) and one.path == _ACT:
            about -= 1  # the scope comes before the conditions
        else:
            yield one


def _order(path: Path) -> tuple[int, str]:
    root = path[0]
    known = isinstance(root, str) and root in _ROOTS
    return (_ROOTS.index(str(root)) if known else len(_ROOTS), in_words(path))


def _of_place(path: Path, seen: Sequence[Observation], optional: bool, zone: str) -> list[str]:
    name = name_of(path)
    none = ", or not said" if optional else ""
    if any(isinstance(one, Whole) for one in seen):
        return [f"{name}, each by itself{none}"]
    made = [
        *_named(name, path, seen),
        *_ordered(name, seen, zone),
        *_patterns(name, seen),
        *(phrase for one in seen for phrase in _plain(name, path, one)),
    ]
    if not made:
        return [f"whether there is {_article(name)}" if optional else name]
    return [f"{made[0]}{none}", *made[1:]]


def _named(name: str, path: Path, seen: Sequence[Observation]) -> list[str]:
    """By which words, acts, parties or persons a place is looked at."""
    groups = [one.literals for one in seen if isinstance(one, Equals)]
    within = [one.entity for one in seen if isinstance(one, Within)]
    if path == _ACT:
        groups += [(("entity", *uid),) for uid in within]
        within = []
    if path == ("principal",):
        whom = [*(literal for literals in groups for literal in literals)]
        whom += [("entity", *uid) for uid in within]
        return [f"asked by {_entity(one)} or not" for one in _unique(whom)]
    made = [f"{name} {_groups(groups, _LISTS.get(path, ()))}"] if groups else []
    return made + [f"{name} that belongs to {_entity(('entity', *uid))} or not" for uid in within]


def _ordered(name: str, seen: Sequence[Observation], zone: str) -> list[str]:
    made = []
    for kind in ("long", "datetime"):
        marks = {
            mark
            for one in seen
            if isinstance(one, Order) and one.kind == kind
            for mark in one.thresholds
        }
        if marks:
            made.append(_thresholds(name, kind, sorted(marks), zone))
    return made


def _patterns(name: str, seen: Sequence[Observation]) -> list[str]:
    told = _unique(_pattern(one.pieces) for one in seen if isinstance(one, Matches))
    return [f"{name} that {', '.join(told)}, or none of these"] if told else []


def _plain(name: str, path: Path, one: Observation) -> list[str]:
    match one:
        case Truth():
            return [f"{name} or not"]
        case Holds(literal=literal):
            return [f"{name} with {_value(literal)} or without"]
        case Empty():
            return [f"no {name} or some"]
        case Tags():
            return [f"all tags of the {name}"]
        case OfType(type=kind) if path == ("principal",):
            return [f"asked by {_article(kind.lower())} or not"]
        case OfType(type=kind):
            return [f"{name} that is {_article(kind.lower())} or not"]
        case _:
            return []


def _of_pair(one: Same | Compared) -> str:
    if isinstance(one, Same):
        return f"{name_of(one.left)} that equals {name_of(one.right)} or not"
    return f"{name_of(one.left)} less than, equal to or greater than {name_of(one.right)}"


def name_of(path: Path) -> str:
    """What stands at a path, in words: `released after: grade`, `judicial warrant`."""
    known = _NAMES.get(path)
    if known is not None:
        return known
    root, *names = path
    if not isinstance(root, str):
        return ": ".join(
            [_entity(("entity", *root)), *(str(one).replace("_", " ") for one in names)]
        )
    return ": ".join(_NAMES.get((root, str(name)), str(name).replace("_", " ")) for name in names)


def _groups(groups: Iterable[Sequence[Value]], listed: Sequence[str]) -> str:
    """Words apart where some atom tells them apart, together where none does; then the rest."""
    signatures: dict[Value, set[int]] = {}
    for number, literals in enumerate(groups):
        for literal in literals:
            signatures.setdefault(literal, set()).add(number)
    together: dict[frozenset[int], list[str]] = {}
    for literal, signature in signatures.items():
        together.setdefault(frozenset(signature), []).append(_value(literal))
    order = {word: place for place, word in enumerate(listed)}
    parts = [
        sorted(words, key=lambda word: (order.get(word, len(order)), word))
        for words in together.values()
    ]
    parts.sort(key=lambda words: (order.get(words[0], len(order)), words[0]))
    named = {word for words in parts for word in words}
    rest = [word for word in listed if word not in named]
    told = [", ".join(words) for words in parts]
    if not listed or rest:
        told.append(", ".join(rest) if listed and len(rest) <= REST_MAX else "any other")
    return " | ".join(told)


def _thresholds(name: str, kind: str, marks: Sequence[int], zone: str) -> str:
    if kind == "datetime":
        told = [_moment(Instant(mark), zone) for mark in marks]
        before, after = "before", "after"
    else:
        told = [f"{mark:,}" for mark in marks]
        before, after = "below", "above"
    between = ", between" if len(told) > 1 else ""
    prefix = "" if name == "instant" else f"{name} "
    return f"{prefix}{before}, at{between} or {after} {' and '.join(told)}"


def _moment(at: Instant, zone: str) -> str:
    """A day where it is the first instant of one there, else the minute."""
    text = format_local(at, zone)
    return text[:10] if text[11:19] == "00:00:00" else text[:16].replace("T", " ")


def _pattern(pieces: Sequence[str]) -> str:
    first, *between, last = pieces if len(pieces) > 1 else (pieces[0], "")
    if len(pieces) == 1:
        return f"is “{first}”"
    said = [f"begins with “{first}”"] if first else []
    said += [f"contains “{piece}”" for piece in between if piece]
    said += [f"ends with “{last}”"] if last else []
    return " and ".join(said) or "is any text"


def _entity(value: Value) -> str:
    kind, name = str(value[1]), str(value[2])
    return f"{kind.lower()} {name}".strip() or "anything"


def _value(value: Value) -> str:
    match value[0]:
        case "entity":
            return str(value[2])
        case "bool":
            return "yes" if value[1] else "no"
        case "long":
            return f"{value[1]:,}"
        case "string":
            return str(value[1])
        case "set":
            return "{" + ", ".join(sorted(_value(one) for one in value[1])) + "}"
        case "record":
            return "{" + ", ".join(f"{key} {_value(one)}" for key, one in value[1]) + "}"
        case _:
            return str(value[-1])


def _article(noun: str) -> str:
    return f"an {noun}" if noun[:1].lower() in "aeiou" else f"a {noun}"


def _unique(found: Iterable[T]) -> list[T]:
    return list(dict.fromkeys(found))
