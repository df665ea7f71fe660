"""The second reading of Cedar: an SMT encoding of the typed AST, to prove what no test can.

Source: the Lean specification (cedar-spec, `Cedar/Spec`) for what an expression means;
`cedar-policy-symcc` for the shape of the encoding; DESIGN.md, "Proofs".

How it is used, one request environment at a time:

    from comity.cedar.symbolic.ask import ask, ask_all, ask_each  # loads z3, or raises SolverMissing
    from comity.cedar.symbolic.answer import Limit, Proved, Refuted, Unknown
    from comity.cedar.symbolic.body import Body
    from comity.cedar.symbolic.declared import Environment, environments
    from comity.cedar.symbolic.question import (
        ClassesSound, Disjoint, Equivalent, Implies, NeverAllowed, NeverErrs, NeverSatisfied,
    )
    from comity.cedar.symbolic.paired import classes_sound  # over every pair of environments

    body = Body(schema_text, ((policy_id, source), …))
    for environment in environments(schema_text, acts={"see contact"}):
        answer = ask(body, environment, NeverAllowed('context.purpose == Purpose::"…"'))
    dead = ask_all(body, environments(schema_text), NeverSatisfied(policy_id))

Invariants:

- every expression is a pair (errs, value), as the reference engine evaluates it;
- `Refuted` carries a request that cedarpy has really been asked and that it answered as
  claimed; one that it answers otherwise raises `NotReplayed`: a defect of ours;
- what is not encoded, or not settled within the limit, is `Unknown`: never `Proved`;
- nothing is approximated silently: a construct not known here is `Unknown`, by name.

Assumed of requests, and stated because it is assumed (`comity.cedar.engine` enforces it):
they conform to the schema; principal and resource, and whatever an entity belongs to, are
among the entities. Assumed further unless `Assumptions` say otherwise: every entity that an
expression reaches is among the entities.

Does not: decide (the reference engine does), know what an arrest is, or read a clock.
Not for several threads at once: z3 keeps one context.
"""
