"""`comity law prove --publish`: the results kept beside the database, for the public portal.

Invariants: what is published names the digest of the law that was proved, so that the portal shows
it as out of date once that changes; it is replaced whole. Does not: prove.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec

from comity.instant import Instant, format_instant
from comity.oversight.promise import Promises
from comity.oversight.proof_words import in_words
from comity.oversight.prove import Broken, Finding, Kept
from comity.store.durable_file import replace_file
from comity.web.portal.proofs import FILE, FORM, ClauseOf, Promise, Proved, Verdict


def publish(
    database: Path, law: str, at: Instant, several: Sequence[tuple[Promises, Finding]]
) -> Path:
    """Write the results of proving the law of that digest; where they stand."""
    told = tuple(_promise(promises, finding) for promises, finding in several)
    file = database.with_name(FILE)
    proved = Proved(FORM, law, format_instant(at), told)
    replace_file(file, msgspec.json.format(msgspec.json.encode(proved), indent=1), mode=0o644)
    return file


def _promise(promises: Promises, finding: Finding) -> Promise:
    one = finding.promise
    told = Promise(f"{promises.place}-{one.number}", one.says, Verdict.UNDECIDED, promises.title)
    match finding:
        case Kept():
            return msgspec.structs.replace(told, verdict=Verdict.PROVED, by=finding.solvers)
        case Broken():
            return msgspec.structs.replace(
                told,
                verdict=Verdict.BROKEN,
                clauses=tuple(
                    ClauseOf(clause.instrument, clause.clause, clause.title)
                    for clause in finding.clauses
                ),
                counterexample="; ".join(in_words(finding.example, promises.zone)),
            )
        case _:
            return told
