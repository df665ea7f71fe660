"""`comity opening`: codes made, ranges opened, files checked with nothing but a key or a policy."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.cli.main import run
from comity.ledger.key import KeyKind, SigningKey
from comity.web.limits import Limits
from tests.web.live import Live
from tests.web.test_openings import on_file
from tests.web.town import Town

Call = Callable[..., "tuple[int, str, str]"]


@pytest.fixture
def comity(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Call:
    """The command in a folder of its own, with a record and one disclosure-like entry."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.delenv("COMITY_GATEWAY", raising=False)

    def call(*arguments: str) -> tuple[int, str, str]:
        capsys.readouterr()
        return run(arguments), *capsys.readouterr()

    return call


@pytest.fixture
def installed(comity: Call) -> str:
    """An installation with a published log of three entries; its verifier key."""
    assert comity("init")[0] == 0
    Path("booked.json").write_text(
        json.dumps(
            {
                "source": "jail",
                "event_id": "1",
                "verb": "booked",
                "occurred_at": "2018-08-01T12:00:00Z",
                "record_id": "r-1",
                "person_id": "p-1",
            }
        ),
        "utf-8",
    )
    code, _, err = comity("ingest", "booked.json")
    assert code == 0, err
    assert comity("opening", "code", "r-1", "--by", "clerk")[0] == 0
    assert comity("opening", "code", "r-1", "--by", "=clerk", "--renew")[0] == 0
    assert comity("opening", "revoke", "r-1", "--by", "clerk")[0] == 0
    assert comity("ledger", "checkpoint")[0] == 0
    return comity("ledger", "key")[1].strip()


RANGE = ("opening", "range", "0", "3", "--by", "auditor", "--authority", "order 3", "-o", "opened")


def test_a_code_is_shown_once(comity: Call, installed: str) -> None:
    code, out, err = comity("opening", "code", "r-1", "--by", "clerk", "--json")
    told = json.loads(out)
    assert code == 0
    assert (len(told["code"]), told["entry"]) == (29, 3)
    assert told["code"] not in err
    code, out, err = comity("opening", "code", "r-1", "--by", "clerk")
    assert (code, out) == (2, "")
    assert "Try: `--renew`" in err
    assert comity("opening", "code", "r-9", "--by", "clerk")[0] == 3
    assert comity("opening", "code", "r-1", "--by", " ")[0] == 2
    assert comity("opening", "revoke", "r-9", "--by", "clerk")[0] == 3


def test_a_range_is_opened_and_checked(comity: Call, installed: str) -> None:
    code, out, err = comity(*RANGE)
    assert (code, out.strip()) == (0, "opened"), err
    assert "entry 3 says so" in err
    code, out, _ = comity("opening", "verify", "opened", "--log", installed)
    assert code == 0
    assert "OK: all 3 entries from 0 to 2 of" in out
    assert "opening code made" in out
    code, out, _ = comity("opening", "verify", "opened", "--log", installed, "--json")
    told = json.loads(out)
    assert {one["kind"]: one["entries"] for one in told["counts"]} == {
        "opening code made": 2,
        "opening code revoked": 1,
    }
    assert (told["start"], told["stop"], told["under"]) == (0, 3, 3)


def test_csv_is_one_line_an_entry_and_runs_nothing(comity: Call, installed: str) -> None:
    comity(*RANGE)
    code, out, _ = comity("opening", "verify", "opened", "--log", installed, "--csv")
    rows = list(csv.DictReader(io.StringIO(out)))
    assert code == 0
    assert [row["index"] for row in rows] == ["0", "1", "2"]
    assert [row["by"] for row in rows] == ["clerk", "'=clerk", "clerk"]
    Path("opened").write_bytes(Path("opened").read_bytes().replace(b"=clerk", b"=Clerk"))
    code, out, err = comity("opening", "verify", "opened", "--log", installed, "--csv")
    assert (code, out) == (6, ""), "nothing is said of what does not hold"
    assert "opened: entry 1, compartment request" in err


def test_what_cannot_be_opened(comity: Call, installed: str) -> None:
    wider = [*RANGE[:3], "9", *RANGE[4:]]
    code, _, err = comity(*wider)
    assert (code, "Try: ask for less" in err) == (2, True)
    assert comity(*RANGE[:-1], "none/opened")[0] == 3
    assert comity(*RANGE[:2], "2", "2", *RANGE[4:])[0] == 3
    assert comity("ledger", "checkpoint")[1].split()[1] == "3", "nothing was entered"
    Path("opened").mkdir()
    code, _, err = comity(*RANGE)
    assert code == 5
    assert "entry 3 says that [0, 3) was opened, and it stands" in err


def test_a_policy_with_a_quorum(comity: Call, installed: str) -> None:
    comity(*RANGE)
    witness = SigningKey("court", KeyKind.COSIGNATURE, b"\3" * 32).verifier
    text = f"log {installed}\nwitness court {witness}\nquorum court\n"
    Path("policy").write_text(text, "utf-8")
    verify = ("opening", "verify", "opened", "--policy", "policy")
    assert comity(*verify)[0] == 6
    code, out, _ = comity(*verify, "--without-quorum")
    assert (code, "not final" in out) == (0, True)
    assert comity("opening", "verify", "opened")[0] == 2
    assert comity(*verify, "--json", "--csv")[0] == 2
    assert comity("opening", "verify", "nothing", "--log", installed)[0] == 3
    assert comity("opening", "verify", ".", "--log", installed)[0] == 5
    Path("empty").touch()
    assert comity("opening", "verify", "empty", "--log", installed)[0] == 6


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with Town(tmp_path, Limits()) as town:
        made = Live(town)
        yield made
        made.stop()


def test_a_person_gets_their_own_from_a_gateway(comity: Call, live: Live) -> None:
    town = live.town
    code = on_file(town)
    assert town.publisher.publish(town.now) is not None
    Path("code").write_text(f"{code.text}\n", "utf-8")
    get = ("opening", "get", "--to", live.url, "--code-file", "code", "-o", "mine")
    status, out, err = comity(*get)
    assert status == 0, err
    assert "opening code made" in out
    assert code.text not in out + err
    assert Path("mine").stat().st_mode & 0o077 == 0
    key = str(town.publisher.verifier_key)
    verify = ("opening", "verify", "mine", "--log", key)
    status, out, _ = comity(*verify, "--code-file", "code")
    assert (status, out[:14]) == (0, "OK: 1 entries,")
    told = json.loads(comity(*verify, "--json")[1])
    assert (told["stated"], told["later"], len(told["entries"])) == (1, 1, 1)
    rows = list(csv.DictReader(io.StringIO(comity(*verify, "--csv")[1])))
    assert rows[0]["log"] == "town.example/comity/2018"
    Path("wrong").write_text("0000-0000-0000-0000-0000-0000", "utf-8")
    assert comity(*verify, "--code-file", "wrong")[0] == 6
    assert comity(*get[:5], "wrong", *get[6:])[0] == 3
    Path("wrong").write_text("0000-0000-0000-0000-0000-0001", "utf-8")
    assert comity(*get[:5], "wrong", *get[6:])[0] == 2
    assert comity("opening", "get", "--to", "http://127.0.0.1:9", *get[4:])[0] == 5
    Path("mine").write_bytes(Path("mine").read_bytes().replace(b"later 1", b"later 0"))
    assert comity(*verify)[0] == 6
