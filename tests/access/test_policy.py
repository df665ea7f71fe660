"""Who may do what on the pages: the whole table, read by a person, and the laws over it."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import pytest

from comity.access.account import Account, Role
from comity.access.act import Act
from comity.access.policy import ACTS, Console, Step, takes_two
from comity.cedar.policy import PolicyInvalid
from comity.disclosure.inquiry import Ori
from comity.instant import Instant
from comity.web.pages.console_rules import shipped_console

GOLDEN = Path(__file__).parent / "console.txt"
CONSOLE = shipped_console()
BUREAU, OTHER = Ori("XXBUR0100"), Ori("XXOTH0200")


def account(*roles: Role) -> Account:
    analyst = Role.ANALYST in roles
    return Account(
        "somebody",
        frozenset(roles),
        Instant(0),
        BUREAU if analyst else None,
        "a-1" if analyst else None,
    )


def permitted(who: Account, act: Act, **how: object) -> bool:
    step = Step.PROPOSE if takes_two(act) else Step.ALONE
    given = {"strong": True, "step": step} | how
    return CONSOLE.decide(who, act, **given).permitted  # type: ignore[arg-type]


def test_the_table_of_roles_and_acts_is_the_golden_one() -> None:
    """A change of who may do what is a change of this file, which a lawyer can read."""
    width = max(len(act) for act in Act) + 2
    lines = [" " * width + "  ".join(role.value for role in Role) + "  people"]
    for act in Act:
        cells = [
            ("yes" if permitted(account(role), act) else "-").ljust(len(role)) for role in Role
        ]
        lines.append(act.ljust(width) + "  ".join(cells) + ("  two" if takes_two(act) else "  one"))
    assert "\n".join(lines) + "\n" == GOLDEN.read_text("utf-8")


def test_every_act_is_in_the_schema_and_somebody_may_do_it() -> None:
    assert set(ACTS) == set(Act)
    for act in Act:
        assert any(permitted(account(role), act) for role in Role), act


@pytest.mark.parametrize("act", Act)
def test_a_password_alone_does_nothing_but_ones_own_account(act: Act) -> None:
    for role in Role:
        assert permitted(account(role), act, strong=False) is (act is Act.OWN_ACCOUNT)


@pytest.mark.parametrize("act", Act)
def test_nothing_is_done_on_another_agencys_side(act: Act) -> None:
    for role in Role:
        assert not permitted(account(role), act, agency=OTHER)
    for role in set(Role) - {Role.ANALYST}:
        assert not permitted(account(role), act, agency=BUREAU)
    assert not permitted(account(Role.ANALYST), act, agency="")


@pytest.mark.parametrize("act", [act for act in Act if takes_two(act)])
def test_what_takes_two_is_done_neither_alone_nor_twice_by_one(act: Act) -> None:
    for role in Role:
        who = account(role)
        assert not permitted(who, act, step=Step.ALONE)
        assert not permitted(who, act, step=Step.CONFIRM, own_proposal=True)
        assert permitted(who, act, step=Step.CONFIRM) is permitted(who, act)


def test_two_roles_may_what_either_may_and_no_more() -> None:
    for one, other in combinations(set(Role) - {Role.ANALYST}, 2):
        both = account(one, other)
        for act in Act:
            either = permitted(account(one), act) or permitted(account(other), act)
            assert permitted(both, act) is either


@pytest.mark.parametrize(
    "text",
    [
        "",
        'permit (principal, action, resource) when { principal.name == "ann" };',
        '@id("x") permit (principal in Role::"mayor", action, resource);',
        '@id("x") permit (principal, action == Action::"burn", resource);',
        '@id("x") permit (principal, action, resource) when { principal.name == "ann" };',
    ],
    ids=["nothing", "no id", "a role that is not", "an act that is not", "a field that is not"],
)
def test_rules_that_do_not_hold_are_not_loaded(text: str) -> None:
    with pytest.raises(PolicyInvalid):
        Console(text)
