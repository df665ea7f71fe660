"""What an inquiry was decided on, in closed words, as a line of the journal.

Source: decisions/0019-journal.md; the columns of `comity.oversight.history`. Invariants: nothing
in a line names a person, an officer, a record or a case; what was known of the record stands apart
from who asked how, so that an expungement can take it alone; the clauses are those that the
reference engine named in the decision itself, of the facts as they were put to it. Does not:
write; work out which other clauses were satisfied (`comity.oversight.past_masks`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final

import msgspec

from comity.cedar.engine import Verdict
from comity.disclosure.facts import principal_uid, record_attributes
from comity.disclosure.inquiry import Asked, Inquirer, criteria, query_kind
from comity.law.in_force import LawInForce
from comity.law.schema import INQUIRY_ACTS
from comity.ledger.journal_line import JournalLine

ASKER: Final = ("agency", "party", "principal", "criminal_justice")
ASKED: Final = (
    *ASKER, "purpose", "query", "criteria", "case_number", "approved", "standing_in",
    "basis", "basis_criminal", "basis_verified", "basis_names_subject",
)  # fmt: skip
"""What `asked` holds, in order; after it the ASKER for whom it was asked, or null."""
ABOUT: Final = (
    "on_file", "standing", "juvenile", "charged", "convicted", "in_custody",
    "grade", "released_grade", "released_violent",
)  # fmt: skip
"""What `about` holds, in order."""

_ENCODE: Final = msgspec.json.Encoder().encode
_ACT: Final = {act: number for number, act in enumerate(INQUIRY_ACTS)}


class Said(msgspec.Struct, frozen=True):
    """What the engine said of acts that are alike; a verdict for each principal."""

    acts: Sequence[str]
    permitted: bool
    verdicts: Sequence[Verdict]


def asked_part(asked: Asked) -> bytes:
    """Who asked how, without whom it is about."""
    inquiry, basis, behalf = asked.inquiry, asked.basis, asked.on_behalf_of
    return _ENCODE(
        (
            *_asker(asked.inquirer),
            inquiry.purpose,
            query_kind(inquiry.query),
            ",".join(sorted(criteria(inquiry.query))),
            bool(inquiry.case_number),
            asked.approved,
            behalf is not None,
            None if basis is None else basis.kind,
            basis is not None and basis.criminal,
            basis is not None and basis.verified,
            basis is not None and basis.names_subject,
            None if behalf is None else _asker(behalf),
        )
    )


def _asker(inquirer: Inquirer) -> tuple[str, str, str, bool]:
    kind = principal_uid(inquirer).type
    return inquirer.ori, ",".join(sorted(inquirer.parties)), kind, inquirer.criminal_justice


def about_part(attributes: Mapping[str, Any]) -> bytes:
    """What was known of the record: `comity.disclosure.facts.record_attributes`, as a row."""
    grade, released = attributes.get("grade"), attributes.get("released_after")
    return _ENCODE(
        (
            attributes["on_file"],
            attributes["standing"],
            attributes["juvenile"],
            attributes["charged"],
            attributes["convicted"],
            attributes["in_custody"],
            None if grade is None else grade["id"],
            None if released is None else released["grade"]["id"],
            None if released is None else released["violent"],
        )
    )


NOBODY: Final = about_part(record_attributes(None))
"""What is known where no record was looked at."""
_NOT_ASKED: Final = b"[]"


def line_of(
    law: LawInForce, asked: Asked, outcome: str, about: bytes, asked_as: bytes, said: Iterable[Said]
) -> JournalLine:
    """The line of one decision. `asked_as` is `asked_part(asked)`, made once an inquiry."""
    return JournalLine(law.form, asked.at, outcome, asked_as, about, _ruled(law, said))


def line_unruled(law: LawInForce, asked: Asked, outcome: str) -> JournalLine:
    """The line of an inquiry that no text was asked about: who asks may not ask at all."""
    return JournalLine(law.form, asked.at, outcome, asked_part(asked), NOBODY, _NOT_ASKED)


def of_nobody(line: JournalLine | None) -> JournalLine | None:
    """The line without the record: for an entry that is about none."""
    if line is None:
        return None
    return msgspec.structs.replace(line, about=NOBODY, ruled=_NOT_ASKED)


def lines(
    outcome: str, line: JournalLine | None, looked: Sequence[JournalLine] = ()
) -> tuple[JournalLine, ...]:
    """The lines of one entry: of the records looked at, else of the decision itself."""
    found = looked or (() if line is None else (line,))
    return tuple(
        one if one.outcome == outcome else msgspec.structs.replace(one, outcome=outcome)
        for one in found
    )


def _ruled(law: LawInForce, said: Iterable[Said]) -> bytes:
    ranks = law.ranks
    return _ENCODE(
        [
            (
                [_ACT[act] for act in one.acts],
                one.permitted,
                _numbers(ranks, [verdict.determining for verdict in one.verdicts]),
                _numbers(ranks, [verdict.erring for verdict in one.verdicts]),
            )
            for one in said
        ]
    )


def _numbers(ranks: Mapping[str, int], named: Sequence[tuple[str, ...]]) -> list[int]:
    # A name that is no clause of this law came of no engine of it; its ruling raises.
    return sorted({ranks[name] for names in named for name in names if name in ranks})
