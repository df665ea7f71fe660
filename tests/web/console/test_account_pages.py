"""The administrator's list of accounts: roles given, accounts ended, never one's own."""

from __future__ import annotations

import pytest

from comity.access.account import Role
from comity.store.sqlite.accounts import account_of
from comity.store.sqlite.append import size
from tests.web.console.people import person
from tests.web.pages.house import Seen, TestHouse, Visitor, token_in


@pytest.fixture
def admin(house: TestHouse) -> Visitor:
    return person(house, "root", (Role.ADMINISTRATOR,))


def test_roles_are_given_and_accounts_ended(house: TestHouse, admin: Visitor) -> None:
    person(house, "carl", (Role.CUSTODY,))
    before = size(house.town.database.reader())
    path = "/console/accounts/carl"
    assert "carl" in Seen(admin.get("/console/accounts").text).text
    assert admin.submit(path, {"do": "roles", "roles": ["records", "law"]}).status_code == 303
    assert admin.submit(path, {"do": "disable"}).status_code == 303
    found = account_of(house.town.database.reader(), "carl")
    assert found is not None
    assert found.roles == {Role.RECORDS, Role.LAW}
    assert found.disabled_at is not None
    assert size(house.town.database.reader()) == before + 2


def test_nobody_changes_their_own_nor_gives_a_role_there_is_not(
    house: TestHouse, admin: Visitor
) -> None:
    person(house, "carl", (Role.CUSTODY,))
    token = token_in(admin.get("/console/accounts/carl").text)
    own = admin.post("/console/accounts/root", {"csrf": token, "do": "disable"})
    assert own.status_code == 422
    assert account_of(house.town.database.reader(), "root").disabled_at is None  # type: ignore[union-attr]
    bad = admin.submit("/console/accounts/carl", {"do": "roles", "roles": ["analyst"]})
    assert bad.status_code == 422
    none = admin.submit("/console/accounts/carl", {"do": "roles"})
    assert none.status_code == 422


def test_only_an_administrator_sees_them(house: TestHouse) -> None:
    for role in (Role.RECORDS, Role.LAW, Role.CUSTODY):
        assert house.staff(role).get("/console/accounts").status_code == 403
