"""`comity law adopt … keygen` as a clerk types them, with the exit code of each mistake."""

from __future__ import annotations

import json
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from comity.cli.main import run
from comity.cli.settings_text import settings_file
from comity.store.sqlite.database import Database
from comity.store.sqlite.law import check_law
from tests.law.parties import STAKEHOLDERS

ORDER_FILE = "philadelphia/executive-order-5-16.md"
ORDER = "philadelphia-executive-order-5-16@1"
PARS_FILE = "philadelphia/pars-ice-2010.md"
PARS = "philadelphia-pars-ice@2"

Comity = Callable[..., "Said"]


class Said:
    """What a command said, and its exit code."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def data(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Comity:
    """Run a command in a fresh folder with settings and an empty database."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    given = {"custodian": "city", "time_zone": "America/New_York"}
    (tmp_path / "comity.toml").write_text(settings_file(given))
    Database.open(tmp_path / "comity.db", create=True).close()

    def call(*arguments: str, code: int | None = 0) -> Said:
        capsys.readouterr()
        found = run(["law", *arguments])
        said = Said(found, *capsys.readouterr())
        assert code is None or found == code, said.err
        return said

    return call


def keys_of_all(comity: Comity) -> None:
    for party in STAKEHOLDERS:
        comity("keygen", party, "--out", "keys")


def by(party: str) -> tuple[str, ...]:
    return ("--party", party, "--key", f"keys/{party}.pem")


def test_philadelphia_from_keys_to_the_end(comity: Comity, tmp_path: Path) -> None:
    keys_of_all(comity)
    comity("adopt", PARS_FILE, *by(STAKEHOLDERS[0]), "--at", "2018-01-01")
    said = comity("adopt", PARS_FILE, *by(STAKEHOLDERS[1]), "--at", "2018-01-01")
    assert "it waits for the signature of first-judicial-district" in said.err
    last = comity("adopt", PARS, *by(STAKEHOLDERS[2]), "--at", "2018-01-02", "--json").data
    assert (last["act"], last["unsigned"], last["at"]) == (
        "adopted",
        [],
        "2018-01-02T05:00:00.000Z",
    )
    for party, says in zip(STAKEHOLDERS, ("--no", "--no", "--yes"), strict=True):
        comity("vote", PARS, says, *by(party), "--at", "2018-07-20", "--period-end", "2018-08-31")
    evening = comity("in-force", "--at", "2018-08-31T23:59:59.999").out.splitlines()
    assert evening[0].split() == ["text", "status", "since", "until", "votes"]
    assert evening[1].split("  ") == [
        PARS,
        "in force",
        "2018-01-02T00:00:00-05:00",
        "2018-09-01T00:00:00-04:00",
        "1 of 2 yes, 2 no",
    ]
    night = comity("in-force", "--at", "2018-09-01", "--json").data
    assert night["texts"][0]["status"] == "not renewed"
    assert night["texts"][0]["since"] == night["since"] == "2018-09-01T04:00:00.000Z"
    assert night["texts"][0]["votes"]["yes"] == ["first-judicial-district"]
    # As known on that day nothing was: everything was recorded by this test, now.
    unknown = comity("in-force", "--at", "2018-08-31", "--known-at", "2018-08-31", "--json").data
    assert unknown["texts"][0]["status"] == "draft"
    shown = comity("history", PARS).out
    assert "voted no" in shown
    assert "not renewed  2018-09-01T00:00:00-04:00  -" in shown
    with Database.open(tmp_path / "comity.db") as database:
        assert list(check_law(database.reader())) == []


def test_a_text_that_ends_soon_is_told(comity: Comity) -> None:
    keys_of_all(comity)
    for party in STAKEHOLDERS:
        comity("adopt", PARS_FILE, *by(party), "--at", "2018-01-01")
    comity("vote", PARS, "--yes", *by("city"), "--at", "2018-07-20")
    said = comity("in-force", "--at", "2018-08-01")
    assert (
        f"{PARS} is not renewed from 2018-09-01T00:00:00-04:00 unless 1 more yes vote is"
        in said.err
    )
    assert "(district-attorney, first-judicial-district silent)" in said.err
    due = comity("in-force", "--at", "2018-08-01", "--json").data["due"]
    assert due[0]["notice_by"] == "2018-08-02T04:00:00.000Z"
    assert "unless" not in comity("in-force", "--at", "2018-08-01", "--within", "30").err


def test_an_order_is_suspended_resumed_and_revoked(comity: Comity) -> None:
    comity("keygen", "city", "--out", "keys")
    comity("adopt", ORDER_FILE, *by("city"), "--at", "2016-01-04")
    comity("suspend", ORDER, *by("city"), "--at", "2016-05-01", "--until", "2016-06-01")
    comity("suspend", ORDER, *by("city"), "--at", "2016-07-01")
    comity("resume", ORDER, *by("city"), "--at", "2016-08-01")
    comity("revoke", ORDER, *by("city"), "--at", "2016-09-01T12:00:00Z")
    turns = comity("history", ORDER, "--json").data["statuses"]
    assert [(one["status"], one["since"]) for one in turns] == [
        ("draft", None),
        ("in force", "2016-01-04T05:00:00.000Z"),
        ("suspended", "2016-05-01T04:00:00.000Z"),
        ("in force", "2016-06-01T04:00:00.000Z"),
        ("suspended", "2016-07-01T04:00:00.000Z"),
        ("in force", "2016-08-01T04:00:00.000Z"),
        ("revoked", "2016-09-01T12:00:00.000Z"),
    ]


def test_acts_take_effect_now_unless_a_time_is_given(comity: Comity) -> None:
    comity("keygen", "city", "--out", "keys")
    said = comity("adopt", ORDER_FILE, *by("city"), "--json").data
    assert said["at"] == said["recorded_at"]
    assert said["status"] == "in force"


def test_the_stack_limits_what_is_in_force_and_not_what_is_adopted(
    comity: Comity, tmp_path: Path
) -> None:
    comity("keygen", "city", "--out", "keys")
    settings = tmp_path / "comity.toml"
    settings.write_text('stack = ["pennsylvania-chria"]\n' + settings.read_text())
    comity("adopt", ORDER_FILE, *by("city"), "--at", "2016-01-04")
    assert comity("in-force", "--json").data["texts"] == []
    settings.write_text(settings.read_text().partition("\n")[2])
    assert len(comity("in-force", "--json").data["texts"]) == 1


# Keys


def test_a_key_is_its_owner_s_alone_and_is_never_overwritten(comity: Comity) -> None:
    said = comity("keygen", "city", "--json").data
    assert said["entered"] is True
    assert stat.S_IMODE(Path("city.pem").stat().st_mode) == 0o600
    before = Path("city.pem").read_bytes()
    assert "there is a file already" in comity("keygen", "city", code=2).err
    assert Path("city.pem").read_bytes() == before
    Path("city.pem").chmod(0o644)
    shown = comity("adopt", ORDER_FILE, "--party", "city", "--key", "city.pem", code=2).err
    assert "Try: run `chmod 600 city.pem`" in shown


def test_a_key_can_be_made_without_a_database_and_entered_later(
    comity: Comity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    said = comity("keygen", "city")
    assert "send city.pub.pem to the custodian" in said.err
    comity("keygen", "city", "--public", "city.pub.pem", code=3)
    monkeypatch.chdir(tmp_path)
    entered = comity("keygen", "city", "--public", "elsewhere/city.pub.pem")
    assert entered.out == said.out
    comity("keygen", "city", "--public", "elsewhere/city.pub.pem", code=2)


def test_a_key_replaces_another(comity: Comity) -> None:
    old = comity("keygen", "city", "--out", "old").out.strip()
    comity("adopt", ORDER_FILE, "--party", "city", "--key", "old/city.pem", "--at", "2016-01-04")
    comity("keygen", "mayor", "--out", "new", "--replaces", old, code=3)
    comity("keygen", "city", "--out", "new", "--replaces", old)
    act = ("revoke", ORDER, "--party", "city", "--at", "2016-05-01")
    assert "counts no longer" in comity(*act, "--key", "old/city.pem", code=4).err
    comity(*act, "--key", "new/city.pem")


def test_a_party_signs_elsewhere_with_openssl(comity: Comity) -> None:
    _openssl("genpkey", "-algorithm", "ed25519", "-out", "own.pem")
    _openssl("pkey", "-in", "own.pem", "-pubout", "-out", "own.pub.pem")
    comity("keygen", "city", "--public", "own.pub.pem")
    act = ("adopt", ORDER_FILE, "--party", "city", "--at", "2016-01-04T09:00")
    said = comity(*act, "--to-sign", "act.bin")
    assert "--at 2016-01-04T14:00:00.000Z" in said.err
    assert said.out == ""
    assert comity("in-force", "--json").data["texts"] == []
    _openssl("pkeyutl", "-sign", "-rawin", "-inkey", "own.pem", "-in", "act.bin", "-out", "act.sig")
    other_time = (*act[:-1], "2016-01-04T09:01")
    assert (
        "not the signature of `city`" in comity(*other_time, "--signature", "act.sig", code=4).err
    )
    assert "it has" in comity(*act, "--signature", "act.bin", code=4).err
    comity(*act, "--signature", "act.sig")
    assert comity("in-force", "--json").data["texts"][0]["status"] == "in force"


def _openssl(*arguments: str) -> None:
    subprocess.run(["openssl", *arguments], capture_output=True, check=True)


# Mistakes


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        (("adopt", "no-such.md", *by("city")), 3, "there is no such text"),
        (("adopt", ORDER_FILE, *by("mayor")), 2, "`mayor` may not do this; it is for `city`"),
        (("adopt", ORDER_FILE, *by("us-ice")), 2, "`us-ice` may not do this"),
        (
            ("adopt", ORDER_FILE, "--party", "city", "--key", "keys/district-attorney.pem"),
            4,
            "is not a key of `city`",
        ),
        (("adopt", ORDER_FILE, "--party", "city", "--key", "no.pem"), 3, "no such file"),
        (("adopt", ORDER_FILE, "--party", "city", "--key", "comity.toml"), 2, "chmod 600"),
        (("adopt", ORDER_FILE, "--party", "city"), 2, "give one of --key"),
        (("adopt", ORDER_FILE, *by("city"), "--to-sign", "x"), 2, "give one of --key"),
        (("adopt", ORDER_FILE, "--party", "city", "--signature", "x"), 2, "give it with --at"),
        (("adopt", ORDER_FILE, *by("city"), "--at", "tomorrow"), 2, "is not a local time"),
        (("adopt", ORDER_FILE, *by("city"), "--at", "2016-03-13T02:30"), 2, "does not exist"),
        (("adopt", "broken.md", *by("city")), 2, "no front matter"),
        (("vote", PARS, *by("city")), 2, "say --yes or --no"),
        (("vote", PARS, "--yes", "--no", *by("city")), 2, "say --yes or --no"),
        (("vote", PARS, "--yes", *by("city")), 3, "no such text in the register"),
        (("vote", "x@1", "--yes", *by("city")), 3, "no such text in the register"),
        (("history", "x@1"), 3, "no such text in the register"),
        (("in-force", "--at", "2018-02-30"), 2, "is not a local time"),
        (("keygen", "../city"), 2, "is not the id of a party"),
        (("keygen", "city", "--public", "keys/city.pem"), 2, "is not a public key"),
    ],
)
def test_mistakes_are_told_with_what_to_do(
    comity: Comity, arguments: tuple[str, ...], code: int, says: str
) -> None:
    keys_of_all(comity)
    Path("broken.md").write_text("# no front matter\n")
    Path("keys/mayor.pem").write_bytes(Path("keys/city.pem").read_bytes())
    Path("keys/us-ice.pem").write_bytes(Path("keys/city.pem").read_bytes())
    for name in ("mayor", "us-ice"):
        Path(f"keys/{name}.pem").chmod(0o600)
    said = comity(*arguments, code=code)
    assert says in said.err
    assert said.out == ""
    assert comity("in-force", "--json").data["texts"] == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("vote", PARS, "--yes", *by("us-ice")), "has no vote"),
        (
            ("vote", PARS, "--yes", *by("city"), "--at", "2018-09-01"),
            "this text is not renewed since",
        ),
        (
            (
                "vote",
                PARS,
                "--yes",
                *by("city"),
                "--at",
                "2018-08-01",
                "--period-end",
                "2019-08-31",
            ),
            "is on the period that ends on 2018-09-01T00:00:00-04:00",
        ),
        (("resume", PARS, *by("city"), "--at", "2018-08-01"), "no suspension by `city`"),
        (
            ("suspend", PARS, *by("city"), "--at", "2018-08-01", "--until", "2018-08-01"),
            "ends before it begins",
        ),
        (("adopt", PARS, *by("city"), "--at", "2018-08-01"), "is in force since"),
        (("adopt", PARS, *by("city"), "--at", "2018-01-01"), "already"),
    ],
)
def test_acts_that_are_not_in_order_change_nothing(
    comity: Comity, arguments: tuple[str, ...], says: str
) -> None:
    keys_of_all(comity)
    for party in STAKEHOLDERS:
        comity("adopt", PARS_FILE, *by(party), "--at", "2018-01-01")
    Path("keys/us-ice.pem").write_bytes(Path("keys/city.pem").read_bytes())
    Path("keys/us-ice.pem").chmod(0o600)
    before = comity("history", PARS).out
    said = comity(*arguments, code=2)
    assert says in said.err
    assert comity("history", PARS).out == before


def test_without_settings_the_remedy_is_to_make_them(
    comity: Comity, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "comity.toml").unlink()
    assert "comity init" in comity("in-force", code=3).err
