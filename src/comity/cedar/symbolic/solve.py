"""One formula put to z3, and to cvc5 where asked.

Source: SMT-LIB 2.7, in which cvc5 reads what z3 writes. Invariants: the work allowed is
counted, not timed, so that an answer is the same again; whoever gives up is unknown, and
two solvers that disagree are an error. Does not: know what the formula means.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from comity.cedar.symbolic.answer import Limit, SolversDisagree
from comity.cedar.symbolic.logic import Bool
from comity.cedar.symbolic.solver import cvc5, z3


class Outcome(NamedTuple):
    """`status` is unsat, sat or unknown; a model where it is sat."""

    status: str
    model: Any
    reason: str
    solvers: tuple[str, ...]


def solve(formula: Bool, facts: Bool, limit: Limit, *, cross_check: bool, where: str) -> Outcome:
    """Whether something fulfils a formula and the facts. Raises SolversDisagree, SolverMissing."""
    solver = z3.Solver()
    solver.set("rlimit", limit.resources)
    solver.set("timeout", max(1, int(limit.seconds * 1000)))
    solver.add(facts, formula)
    status = str(solver.check())
    if status == "unknown":
        return Outcome(status, None, f"z3 gave up: {solver.reason_unknown()}", ("z3",))
    model = solver.model() if status == "sat" else None
    if not cross_check:
        return Outcome(status, model, "", ("z3",))
    second = by_cvc5(solver.to_smt2(), limit)
    if second == "unknown":
        return Outcome("unknown", None, "cvc5 gave up", ("z3", "cvc5"))
    if second != status:
        raise SolversDisagree(where, status, second)
    return Outcome(status, model, "", ("z3", "cvc5"))


def by_cvc5(text: str, limit: Limit) -> str:
    """unsat, sat or unknown, of an SMT-LIB text. Raises SolverMissing."""
    module = cvc5()
    solver = module.Solver(module.TermManager())
    solver.setOption("strings-exp", "true")
    solver.setOption("rlimit", str(limit.resources))
    solver.setOption("tlimit", str(max(1, int(limit.seconds * 1000))))
    parser = module.InputParser(solver)
    parser.setStringInput(module.InputLanguage.SMT_LIB_2_6, f"(set-logic ALL)\n{text}", "question")
    symbols = parser.getSymbolManager()
    answer = "unknown"
    while True:
        command = parser.nextCommand()
        if command.isNull():
            return answer
        said = str(command.invoke(solver, symbols)).strip()
        if said in {"sat", "unsat"}:
            answer = said
        elif said.startswith("(error"):
            return "unknown"
