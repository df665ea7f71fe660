"""The one door through which the solvers come in: extras that may be missing.

Invariant: without z3, importing this raises SolverMissing and not ImportError. Does not:
choose what to ask.
"""

from __future__ import annotations

from types import ModuleType

from comity.cedar.symbolic.answer import SolverMissing

try:
    import z3  # type: ignore[import-untyped]
except ImportError as fault:
    raise SolverMissing("z3") from fault

__all__ = ["cvc5", "z3"]


def cvc5() -> ModuleType:
    """The module `cvc5`. Raises SolverMissing."""
    try:
        import cvc5 as found  # type: ignore[import-untyped]
    except ImportError as fault:
        raise SolverMissing("cvc5") from fault
    module: ModuleType = found
    return module
