"""Two versions of an instrument compared, clause by clause, as a lawyer would.

Invariants: clauses are matched by number, and one that merely moved to another
number is said to have moved; a rule counts as changed where its Cedar means
something else as written, not where its layout differs; every difference of the canonical
text in words, rules or front matter comes out. Does not: say what the change does
to past inquiries.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import StrEnum

import msgspec
from cedarpy import pst

from comity.cedar.policy import read_policy
from comity.instant import format_local
from comity.law.instrument import Clause, Instrument, Policy


class ChangeKind(StrEnum):
    """What sort of difference it is."""

    FRONT_MATTER = "front matter"
    RECITALS = "recitals changed"
    ADDED = "clause added"
    REMOVED = "clause removed"
    MOVED = "clause moved"
    TITLE = "title changed"
    PROSE = "prose changed"
    RULE = "rule changed"
    DUTY = "duty changed"
    SETS = "sets changed"
    EXAMPLES = "examples changed"
    CITATION = "citation changed"


class Change(msgspec.Struct, frozen=True):
    """One difference. `clause` is its number in the newer text, or in the only one that has it."""

    kind: ChangeKind
    clause: str | None
    says: str
    before: str | None = None
    after: str | None = None


def compare(before: Instrument, after: Instrument) -> tuple[Change, ...]:
    """Every difference, front matter and recitals first, then in the order of the newer text's clauses."""
    old = {clause.number: clause for clause in before.clauses}
    new = {clause.number: clause for clause in after.clauses}
    moved = _moved(old, new)
    changes = list(_front_matter(before, after))
    was, now = recitals(before), recitals(after)
    if was.split() != now.split():
        changes.append(Change(ChangeKind.RECITALS, None, "the recitals change", was, now))
    for number, clause in new.items():
        if number in moved:
            says = f"clause {moved[number]} ({clause.title}) is now clause {number}"
            changes.append(Change(ChangeKind.MOVED, number, says, moved[number], number))
            changes += _clause(old[moved[number]], clause)
        elif number in old:
            changes += _clause(old[number], clause)
        else:
            says = f"clause {number} ({clause.title}) is added"
            changes.append(Change(ChangeKind.ADDED, number, says, None, clause_text(clause)))
    for number, clause in old.items():
        if number not in new and number not in moved.values():
            says = f"clause {number} ({clause.title}) is removed"
            changes.append(Change(ChangeKind.REMOVED, number, says, clause_text(clause), None))
    return tuple(changes)


def recitals(instrument: Instrument) -> str:
    """What stands before the first clause; it decides nothing."""
    lines = instrument.canonical.split("\n")
    first = instrument.clauses[0].line if instrument.clauses else len(lines)
    return "\n".join(lines[lines.index("---", 1) + 1 : first - 1]).strip()


def clause_text(clause: Clause) -> str:
    """A clause for reading: its prose and its policies."""
    return "\n\n".join(part for part in (clause.prose, _rules(clause)) if part)


def _moved(old: dict[str, Clause], new: dict[str, Clause]) -> dict[str, str]:
    """New number → old number, of clauses with the same title and prose under another number."""
    gone = {
        (clause.title, clause.prose): number for number, clause in old.items() if number not in new
    }
    found = {}
    for number, clause in new.items():
        if number not in old:
            origin = gone.pop((clause.title, clause.prose), None)
            if origin is not None:
                found[number] = origin
    return found


def _clause(old: Clause, new: Clause) -> Iterator[Change]:
    where = f"clause {new.number} ({new.title})"
    if old.title != new.title:
        yield Change(
            ChangeKind.TITLE, new.number, f"{where} has another title", old.title, new.title
        )
    if old.citation != new.citation:
        yield Change(
            ChangeKind.CITATION,
            new.number,
            f"{where} cites another source",
            old.citation,
            new.citation,
        )
    if old.prose.split() != new.prose.split():
        yield Change(
            ChangeKind.PROSE, new.number, f"{where} says something else", old.prose, new.prose
        )
    if _meaning(old) != _meaning(new):
        yield Change(
            ChangeKind.RULE,
            new.number,
            f"{where}: {_rule_change(old, new)}",
            _rules(old) or None,
            _rules(new) or None,
        )
    yield from _lesser(old, new, where)


def _lesser(old: Clause, new: Clause, where: str) -> Iterator[Change]:
    was, now = _duties(old), _duties(new)
    if was != now:
        yield Change(
            ChangeKind.DUTY, new.number, f"{where} lays down other duties", was or None, now or None
        )
    if set(old.sets) != set(new.sets):
        was, now = ", ".join(old.sets), ", ".join(new.sets)
        yield Change(
            ChangeKind.SETS,
            new.number,
            f"{where} puts other parts of the front matter into words",
            was or None,
            now or None,
        )
    if _examples(old) != _examples(new):
        was, now = "\n".join(_examples(old)), "\n".join(_examples(new))
        yield Change(
            ChangeKind.EXAMPLES, new.number, f"{where} has other examples", was or None, now or None
        )


def _meaning(clause: Clause) -> list[pst.Template]:
    return [_nodes(policy) for policy in clause.policies]


def _nodes(policy: Policy) -> pst.Template:
    """The policy without its name: a clause that moved still says the same."""
    node = read_policy(policy.id, policy.source)
    rest = {name: text for name, text in node.annotations.items() if name != "id"}
    return replace(node, id="", annotations=rest)


def _rule_change(old: Clause, new: Clause) -> str:
    if not old.policies:
        return "a rule is added"
    if not new.policies:
        return "its rule is removed"
    if len(old.policies) != len(new.policies):
        return f"it has {len(new.policies)} policies instead of {len(old.policies)}"
    if [policy.effect for policy in old.policies] != [policy.effect for policy in new.policies]:
        was, now = old.policies[0].effect, new.policies[0].effect
        return f"what was a {was} is a {now}" if was != now else "another effect"
    return "its rule changes"


def _rules(clause: Clause) -> str:
    return "\n\n".join(policy.source for policy in clause.policies)


def _duties(clause: Clause) -> str:
    """Without ids: most are made from the clause's number, and moving it changes no duty."""
    return "\n".join(
        f"{duty.who}: {duty.what}; upon {duty.upon}, {duty.within}" for duty in clause.duties
    )


def _examples(clause: Clause) -> list[str]:
    return [
        f"{example.says}: {', '.join(example.acts)}: {example.expect}"
        f" {msgspec.json.encode(example.facts, order='sorted').decode()}"
        for example in clause.examples
    ]


def front_matter(instrument: Instrument) -> dict[str, str]:
    """The front matter in words, key by key, as it is compared and shown."""
    term, renewal = instrument.term, instrument.renewal
    zone = term.time_zone
    words = {
        "id": instrument.id,
        "version": str(instrument.version),
        "title": instrument.title,
        "kind": instrument.kind.value,
        "rank": instrument.rank.value,
        "jurisdiction": instrument.jurisdiction,
        "custodian": instrument.custodian,
        "from": format_local(term.start, zone),
        "until": "none" if term.until is None else format_local(term.until, zone),
        "time_zone": zone,
        "supersedes": instrument.supersedes or "",
        "preempts": "; ".join(instrument.preempts),
        "citation": instrument.citation,
        "source": instrument.source,
        "verified": instrument.verified.value,
        "as_of": instrument.as_of,
    }
    for party in instrument.parties:
        words[f"party {party.id}"] = f"{party.name} ({party.role})"
    if renewal is not None:
        words["renewal"] = (
            f"{renewal.quorum} of {', '.join(renewal.voters)}; notice {renewal.notice_days} days;"
            f" first period ends {format_local(renewal.first_end, zone)}; silence ends it"
        )
    return {key: text for key, text in words.items() if text}


def _front_matter(before: Instrument, after: Instrument) -> Iterator[Change]:
    old, new = front_matter(before), front_matter(after)
    for key in [*new, *(key for key in old if key not in new)]:
        if old.get(key) != new.get(key):
            if key not in old:
                says = f"{key} is added: {new[key]}"
            elif key not in new:
                says = f"{key} is removed: {old[key]}"
            else:
                says = f"{key} was {old[key]}, is {new[key]}"
            yield Change(ChangeKind.FRONT_MATTER, None, says, old.get(key), new.get(key))
