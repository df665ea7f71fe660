"""Changes between two bodies of law where some answers are unknown: every guess tried."""

from __future__ import annotations

from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from comity.cedar.classes import Answer, combine
from comity.oversight.verdicts import CLOSES, OPENS, UNDECIDABLE, Ruled, change_of

SAYS = (Answer(True, False), Answer(False, False), Answer(False, True))
KEYS = "abcde"
ANSWERS = st.fixed_dictionaries({key: st.sampled_from([None, *SAYS]) for key in KEYS})


def body(names: str, forbids: str, version: int) -> Ruled:
    return Ruled(
        {f"{key}{version}": key for key in names}, frozenset(f"{key}{version}" for key in forbids)
    )


BODY = st.tuples(st.sets(st.sampled_from(KEYS)), st.sets(st.sampled_from(KEYS)))


@given(BODY, BODY, st.lists(ANSWERS, min_size=1, max_size=2))
def test_a_change_is_undecidable_only_where_a_guess_tells(
    before: tuple[set[str], set[str]],
    after: tuple[set[str], set[str]],
    asked: list[dict[str, Answer | None]],
) -> None:
    forbids = "".join(sorted(before[1]))  # a rule is a forbid or a permit in both bodies
    old, new = body("".join(before[0]), forbids, 1), body("".join(after[0]), forbids, 2)
    holes = [
        (place, key) for place, known in enumerate(asked) for key in KEYS if known[key] is None
    ]
    found = set()
    for guess in product(SAYS, repeat=min(len(holes), 5)):
        filled = [{key: one or SAYS[1] for key, one in known.items()} for known in asked]
        for (place, key), answer in zip(holes, guess, strict=False):
            filled[place][key] = answer
        was, now = (
            all(
                combine(
                    {name: known[key] for name, key in ruled.clauses.items()}, ruled.forbids
                ).permitted
                for known in filled
            )
            for ruled in (old, new)
        )
        found.add(None if was == now else OPENS if now else CLOSES)
    change = change_of(old, new, asked)
    told = None if change is None else change.change
    if len(holes) <= 5:
        assert told == (found.pop() if len(found) == 1 else UNDECIDABLE)
    elif told != UNDECIDABLE:
        assert found == {told}


def test_the_clause_that_flips_is_named() -> None:
    permit, forbid = Answer(True, False), Answer(True, False)
    old, new = body("a", "b", 1), body("ab", "b", 2)
    closed = change_of(old, new, [{"a": permit, "b": forbid}])
    assert closed is not None
    assert (closed.change, closed.by) == (CLOSES, ("b2",))
    opened = change_of(new, old, [{"a": permit, "b": forbid}])
    assert opened is not None
    assert (opened.change, opened.by) == (OPENS, ("b2",))
    lapsed = change_of(old, body("", "", 2), [{"a": permit, "b": forbid}])
    assert lapsed is not None
    assert (lapsed.change, lapsed.by) == (CLOSES, ("a1",))


def test_what_both_bodies_leave_unknown_alike_is_no_change() -> None:
    old, new = body("ab", "b", 1), body("ab", "b", 2)
    assert change_of(old, new, [{"a": SAYS[0], "b": None}]) is None


def test_many_unknown_clauses() -> None:
    keys = [f"k{number}" for number in range(40)]
    known: dict[str, Answer | None] = dict.fromkeys(keys)
    old = Ruled({f"{key}-1": key for key in keys}, frozenset())
    new = Ruled({f"{key}-2": key for key in [*keys, "z"]}, frozenset({"z-2"}))
    # The same clauses are unknown in both bodies, and the forbid that was added is not satisfied.
    assert change_of(old, new, [{**known, "z": SAYS[1]}]) is None
    change = change_of(old, new, [{**known, "z": SAYS[0]}])
    assert change is not None
    assert change.change == UNDECIDABLE
    assert set(change.by) == {f"{key}-2" for key in keys}
    # A forbid of the draft that is satisfied settles one side, and a permit the other.
    settled = Ruled({**old.clauses, "p-1": "p"}, frozenset())
    closed = change_of(settled, new, [{**known, "z": SAYS[0], "p": SAYS[0]}])
    assert closed is not None
    assert closed.change == CLOSES
    assert closed.by[0] == "z-2"
