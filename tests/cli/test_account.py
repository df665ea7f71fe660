"""`comity account` as an administrator types it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pyotp
import pytest

from comity.access.password import password_holds
from comity.cli.main import run
from comity.cli.settings_text import settings_file
from comity.store.sqlite.accounts import secrets_of
from comity.store.sqlite.database import Database
from comity.store.sqlite.ledger import check_ledger, opened, size

Account = Callable[..., tuple[str, str]]


@pytest.fixture
def account(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Account:
    """Run `comity account …` beside an empty database; stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    given = {"custodian": "city", "time_zone": "America/New_York"}
    (tmp_path / "comity.toml").write_text(settings_file(given))
    Database.open(tmp_path / "comity.db", create=True).close()

    def call(*arguments: str, code: int = 0) -> tuple[str, str]:
        capsys.readouterr()
        found = run(["account", *arguments])
        said = capsys.readouterr()
        assert found == code, said.err
        return said.out, said.err

    return call


def test_an_account_from_first_password_to_disabled(account: Account, tmp_path: Path) -> None:
    first, talk = account("add", "root", "--role", "administrator")
    assert "entry 0" in talk
    password = first.strip()
    account("add", "ann", "--role", "records", "--role", "custody")
    account("role", "ann", "--role", "law")
    uri, _ = account("code", "ann")
    assert pyotp.parse_uri(uri.strip()).name == "ann"
    account("disable", "ann")
    account("disable", "ann", code=2)
    account("enable", "ann")
    again, _ = account("reset", "root", "--by", "the clerk")
    assert again.strip() != password
    rows = json.loads(account("list", "--json")[0])
    assert [(row["handle"], row["roles"]) for row in rows] == [
        ("ann", ["law"]),
        ("root", ["administrator"]),
    ]
    assert rows[1]["must_change"]
    text = account("list")[0]
    for secret in (password, again.strip(), "argon2"):
        assert secret not in text
    with Database.open(tmp_path / "comity.db") as database:
        reader = database.reader()
        kept = secrets_of(reader, "root")
        assert kept is not None
        assert password_holds(kept.password, again.strip())
        changes = [opened(reader, index).decision["change"] for index in range(size(reader))]
        assert changes == [
            "account entered",
            "account entered",
            "roles changed",
            "code offered",
            "account disabled",
            "account enabled",
            "sign-in reset",
        ]
        assert opened(reader, 6).request == {"by": "the clerk"}
        assert not check_ledger(reader)
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("comity.db*"))
    assert again.strip().encode() not in raw


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("add", "Root", "--role", "law"), 2),
        (("add", "ann"), 2),
        (("add", "ann", "--role", "mayor"), 2),
        (("add", "ann", "--role", "analyst"), 2),
        (("add", "ann", "--role", "law", "--ori", "PAICE0100", "--officer", "a"), 2),
        (("add", "ann", "--role", "analyst", "--ori", "PAICE0100", "--officer", "a"), 3),
        (("add", "ann", "--role", "law", "--no-password"), 2),
        (("role", "nobody", "--role", "law"), 3),
        (("reset", "nobody"), 3),
        (("code", "nobody"), 3),
    ],
    ids=lambda given: " ".join(given) if isinstance(given, tuple) else "",
)
def test_what_cannot_be_says_what_to_try(
    account: Account, arguments: tuple[str, ...], code: int
) -> None:
    out, talk = account(*arguments, code=code)
    assert out == ""
    assert "Try:" in talk
