"""One paper decided: the object that the agency's, the person's and the file's letter are made of.

Source: DESIGN.md, "Faces"; the six acts of `comity.law.vocabulary.CustodyAct`. Invariants: what
is done follows from the verdict and from what was chosen, never from a letter; a thing that was
done although the law refuses it cannot be written as ordinary business; of what is known, an
agency reads only the data classes that an act done for it opens; the words of a clause come from
the text that decided. Does not: decide (`comity.custody.decide`), or put anything in words.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Final

import msgspec

from comity.custody.document import LetterFaulty
from comity.instant import Instant
from comity.law.instrument import Clause, ClauseRef, Instrument
from comity.law.ruling import Ruling
from comity.law.verdict import Owed, Verdict
from comity.law.vocabulary import CustodyAct, DataClass

OPENED_BY: Final = {
    CustodyAct.NOTIFY_RELEASE: (DataClass.RELEASE,),
    CustodyAct.HOLD: (DataClass.CUSTODY,),
}
"""What an agency learns by an act that is done for it; everything else is withheld."""


class Doing(StrEnum):
    """What becomes of one act."""

    DONE = "done"
    WILL = "will"
    OPEN = "open"
    NOT = "not"
    NO_RULE = "no rule"
    COUNSEL = "counsel"


class Office(msgspec.Struct, frozen=True):
    """A body with an address, and whom to call there."""

    name: str
    lines: tuple[str, ...] = ()
    phone: str = ""
    email: str = ""
    hours: str = ""
    contact: str = ""


class Presented(msgspec.Struct, frozen=True):
    """The paper as it came. `person` is the name that the agency wrote."""

    title: str
    reference: str
    dated: str
    person: str
    received_at: Instant


class ActAnswer(msgspec.Struct, frozen=True):
    """One act that was asked for, what the law says of it, and what is done.

    `chosen`: the custodian uses a `may`. `until`: the first instant at which it ends.
    """

    act: CustodyAct
    verdict: Verdict
    chosen: bool = False
    done_at: Instant | None = None
    until: Instant | None = None

    @property
    def doing(self) -> Doing:
        """What becomes of it. Raises LetterFaulty where what was done cannot have been."""
        if self.act is CustodyAct.TELL_STATUS:
            if self.done_at is None:
                return Doing.NOT
            raise LetterFaulty(
                "no status is held here, and so none can have been told",
                where="the decided paper",
                remedy="ask counsel what was told, and correct the entry",
            )
        if self.done_at is not None:
            if not self.verdict.lets_through:
                raise LetterFaulty(
                    f"`{self.act.value}` was done and the law says: {self.verdict.ruling.value}",
                    where="the decided paper",
                    remedy="ask counsel: no letter of ours tells this as ordinary business",
                )
            return Doing.DONE
        if self.verdict.lets_through:
            return Doing.WILL if self.chosen or self.verdict.ruling is Ruling.MUST else Doing.OPEN
        if self.verdict.ruling is Ruling.NO_RULE:
            return Doing.COUNSEL if self.verdict.escalate else Doing.NO_RULE
        return Doing.COUNSEL if self.verdict.escalate else Doing.NOT


class Told(msgspec.Struct, frozen=True):
    """Something known of a data class. Who may read it follows from the acts."""

    data_class: DataClass
    at: Instant | None = None
    text: str = ""


class Matter(msgspec.Struct, frozen=True):
    """A paper decided, with everything that its letters can say.

    `person` is the name in the custodian's record, `record` its number. `entry` is where the
    decision stands in the ledger, `law` the digest of the texts that decided. `see_at`: where
    a person with a code sees who was told. `known` is everything known, whoever may read it.
    """

    custodian: Office
    agency: Office
    paper: Presented
    person: str
    record: str
    acts: tuple[ActAnswer, ...]
    at: Instant
    zone: str
    law: str
    entry: str
    see_at: str
    known: tuple[Told, ...] = ()

    @property
    def opened(self) -> frozenset[DataClass]:
        """The data classes that the agency learns by what is done for it."""
        return frozenset(
            data_class
            for one in self.acts
            if one.doing in (Doing.DONE, Doing.WILL)
            for data_class in OPENED_BY.get(one.act, ())
        )

    @property
    def told(self) -> tuple[Told, ...]:
        """What the agency is told, and the person is told that it was told."""
        opened = self.opened
        return tuple(one for one in self.known if one.data_class in opened)

    @property
    def withheld(self) -> tuple[Told, ...]:
        """What is known and the agency is not told."""
        opened = self.opened
        return tuple(one for one in self.known if one.data_class not in opened)

    @property
    def cited(self) -> tuple[ClauseRef, ...]:
        """Every clause that decided an act, once, in the order of the acts."""
        return tuple(dict.fromkeys(ref for one in self.acts for ref in one.verdict.clauses))

    @property
    def owed(self) -> tuple[Owed, ...]:
        """Every duty that arose, once."""
        return tuple(dict.fromkeys(owed for one in self.acts for owed in one.verdict.duties))


class Wording(msgspec.Struct, frozen=True):
    """A clause with its words and the text they stand in."""

    ref: ClauseRef
    text: Instrument
    clause: Clause

    @property
    def name(self) -> str:
        """How the clause is cited: by the law's own citation where it has one."""
        return self.clause.citation or f"{self.text.title}, {self.clause.number}"

    @property
    def paragraphs(self) -> tuple[str, ...]:
        """The words, by paragraphs."""
        parts = self.clause.prose.split("\n\n")
        return tuple(" ".join(part.split()) for part in parts if part.strip())


def wording(matter: Matter, ref: ClauseRef) -> Wording:
    """The words of a clause that decided. Raises LetterFaulty where no finding has it."""
    for one in matter.acts:
        for finding in one.verdict.findings:
            if finding.instrument.ref == ref.instrument:
                for clause in finding.instrument.clauses:
                    if clause.number == ref.clause:
                        return Wording(ref, finding.instrument, clause)
    raise LetterFaulty(
        f"the words of {ref.cite()} are not at hand",
        where="the decided paper",
        remedy="give the whole verdict, with its findings",
    )
