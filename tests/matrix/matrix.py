"""The golden matrix of an instrument: agency × purpose × basis × data class, by itself.

One cell is one decision of the instrument alone on an open record of an adult,
charged with a felony of the third degree and in custody, asked for by name under
a case number. A lawyer reads a change of the text as a change of cells.

    +  permitted      -  refused by a clause      .  no clause says anything
    ~  withheld: neither confirmed nor denied     ?  held for approval
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product

from comity.disclosure import facts
from comity.disclosure.decide import _Slices
from comity.disclosure.decision import Outcome, Ruling
from comity.disclosure.inquiry import Asked, Basis, ByList, ByName, Inquirer, Inquiry, Ori, Query
from comity.instant import Instant
from comity.law.in_force import LawInForce
from comity.law.instrument import Instrument
from comity.law.vocabulary import DataClass, ListAct, ProcessKind, Purpose, see
from comity.records.record import Charge, Custody, CustodyStatus, PersonId, Record, RecordId
from tests.matrix.rulings import custody_table, example_table

RECORD = Record(
    RecordId("r-1"),
    PersonId("p-1"),
    charges={"1": Charge("1", grade="F3")},
    custody=Custody(CustodyStatus.IN_CUSTODY),
)
BASES: tuple[tuple[str, Basis | None], ...] = (
    ("no basis", None),
    *(
        (kind.value, Basis("p-1", kind, criminal=True, verified=True, names_subject=True))
        for kind in (ProcessKind.ADMINISTRATIVE_WARRANT, ProcessKind.JUDICIAL_WARRANT)
    ),
)
SEEN = tuple(see(data_class) for data_class in DataClass)
BY_NAME = ByName("Sur", "Given")
BY_BIRTHPLACE = ByList(birthplace_not="United States")


def matrix_of(instrument: Instrument, law: LawInForce) -> str:
    """The matrix as text, with a heading that says which version it is of."""
    lines = [f"{instrument.ref}: {instrument.title}", "", *_LEGEND, ""]
    if _speaks_of(instrument, "see ") or _speaks_of(instrument, '"see"'):
        lines += _seeing(instrument, law)
    lines += custody_table(instrument)
    lines += example_table(instrument)
    return "\n".join(line.rstrip() for line in lines) + "\n"


_LEGEND = [
    "+ permitted   - refused by a clause   . no clause says anything",
    "~ withheld    ? held for approval",
]


def _speaks_of(instrument: Instrument, word: str) -> bool:
    return any(word in policy.source for clause in instrument.clauses for policy in clause.policies)


def _seeing(instrument: Instrument, law: LawInForce) -> Iterator[str]:
    recipients = [party.id for party in instrument.parties if party.role == "recipient"]
    for party in [*recipients, "another-agency"]:
        yield f"== {party}, by name"
        yield " " * 58 + " ".join(data_class.value[:5].ljust(5) for data_class in DataClass)
        for purpose, (basis_name, basis) in product(Purpose, BASES):
            asked = _asked(party, purpose, basis, BY_NAME)
            cells = [_cell(asked, law, act) for act in SEEN]
            yield f"{purpose.value:32}{basis_name:26}" + " ".join(cell.ljust(5) for cell in cells)
        yield ""
        yield f"== {party}, the register"
        yield " " * 32 + "list by name   list by birthplace   subscribe by name"
        for purpose in Purpose:
            by_name, by_place = (
                _asked(party, purpose, None, query) for query in (BY_NAME, BY_BIRTHPLACE)
            )
            yield (
                f"{purpose.value:32}{_register_cell(by_name, law, ListAct.LIST):15}"
                f"{_register_cell(by_place, law, ListAct.LIST):21}"
                f"{_register_cell(by_name, law, ListAct.SUBSCRIBE)}"
            )
        yield ""


def _asked(party: str, purpose: Purpose, basis: Basis | None, query: Query) -> Asked:
    return Asked(
        Inquiry("q-1", "o-1", purpose, tuple(DataClass), query, case_number="1"),
        Inquirer(Ori("XX0000000"), "agency", (party,), criminal_justice=True, officer="o-1"),
        None,
        basis,
        None,
        approved=False,
        at=Instant(0),
    )


def _cell(asked: Asked, law: LawInForce, act: str) -> str:
    resource = facts.record_uid(RECORD)
    slices = _Slices(asked, law, resource, facts.record_attributes(RECORD))
    return _symbol(slices.rule(act, facts.inquiry_context(asked)))


def _register_cell(asked: Asked, law: LawInForce, act: ListAct) -> str:
    slices = _Slices(asked, law, facts.REGISTER, {})
    return _symbol(slices.rule(act.value, facts.inquiry_context(asked)))


def _symbol(ruling: Ruling) -> str:
    if ruling.outcome is Outcome.REFUSE and not ruling.clauses:
        return "."
    return {
        Outcome.PERMIT: "+",
        Outcome.REFUSE: "-",
        Outcome.WITHHOLD: "~",
        Outcome.HOLD_FOR_APPROVAL: "?",
    }[ruling.outcome]
