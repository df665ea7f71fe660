"""`comity ask` against a gateway on a socket: plain words, JSON, exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from comity.cli.law_sign import make_key
from comity.cli.main import run
from comity.instant import Instant
from comity.law.signing import private_pem
from comity.store.sqlite.inquiries import approve_inquiry
from comity.web.limits import Limits
from tests.web.live import Live
from tests.web.town import BUREAU, END, Town, event, private_key, record

Ask = Callable[..., "tuple[int, str, str]"]
ASKED = ("--officer", "a-1", "--purpose", "criminal investigation", "--see", "charges,identity")


@pytest.fixture
def live(tmp_path: Path) -> Iterator[Live]:
    with Town(tmp_path, Limits()) as town:
        town.memory.records["r-1"] = record(1)
        made = Live(town)
        yield made
        made.stop()


@pytest.fixture
def ask(
    live: Live, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Ask:
    key = tmp_path / "bureau.pem"
    key.write_bytes(private_pem(private_key("bureau")))
    key.chmod(0o600)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("COMITY_CONFIG", raising=False)
    monkeypatch.setenv("COMITY_GATEWAY", live.url)
    monkeypatch.setattr("comity.cli.ask.clock", lambda: live.town.now)

    def call(*arguments: str, key_file: str = "bureau.pem") -> tuple[int, str, str]:
        capsys.readouterr()
        code = run(["ask", "--as", key_file, *arguments])
        return code, *capsys.readouterr()

    return call


def test_what_is_shown_is_told_with_its_clause_and_entry(ask: Ask) -> None:
    code, out, _ = ask(*ASKED, "--record", "r-1")
    assert code == 0
    assert "theft" in out
    assert "clause 3 of town-bureau@1: What may be seen" in out
    assert "in the ledger as entry" in out


@pytest.mark.parametrize(
    "pointing",
    [
        ("--name", "Nemo1, Nina"),
        ("--name", "Nemo1, Nina", "--born", "1980-01-01"),
        ("--list", "surname=Nemo", "--list", "page=1", "--list", "in-custody=yes"),
        ("--record", "r-1", "--case", "C-1", "--for", "XXBUR0100/a-1"),
    ],
)
def test_ways_of_pointing(ask: Ask, pointing: tuple[str, ...]) -> None:
    code, out, err = ask(*ASKED, *pointing, "--json")
    assert code == 0, err
    assert json.loads(out)["shown"]


def test_a_refusal_is_an_answer_that_is_no(ask: Ask, live: Live) -> None:
    code, out, _ = ask(*ASKED, "--list", "not-born-in=US")
    assert code == 1
    assert "clause 7 of town-bureau@1" in out
    live.town.now = END
    code, out, _ = ask(*ASKED, "--record", "r-1", "--json")
    assert code == 1
    assert json.loads(out)["clauses"][0]["clause"] == "2"


def test_withheld_classes_are_told(ask: Ask) -> None:
    asked = (*ASKED[:-1], "charges,history")
    code, out, _ = ask(*asked, "--record", "r-1")
    assert code == 0
    assert "history: hold for approval (clause 5 of town-bureau@1)" in out


def test_approval_is_fetched(ask: Ask, live: Live) -> None:
    asked = (*ASKED[:-1], "history")
    ask(*asked, "--record", "r-1", "--id", "h-1")
    code, out, _ = ask("--fetch", "--id", "h-1")
    assert (code, "approval awaited" in out) == (1, True)
    town = live.town
    town.write(lambda c: approve_inquiry(c, BUREAU, "h-1", approve=True, made=town.made()))
    code, out, _ = ask("--fetch", "--id", "h-1")
    assert (code, "history:" in out) == (0, True)


def test_following_until_the_end_of_the_term(ask: Ask, live: Live) -> None:
    town = live.town
    seen: list[Instant] = []
    held = town.memory.events_after

    def and_then_midnight(position: int, most: int) -> object:
        found = held(position, most)
        if position and not found:
            town.now = END
        seen.append(town.now)
        return found

    town.memory.events_after = and_then_midnight  # type: ignore[method-assign, assignment]
    original = town.memory.last_position
    town.memory.last_position = lambda: 0  # type: ignore[method-assign]
    town.memory.events.append(event(1, town.now))
    asked = (*ASKED[:-1], "custody")
    code, out, err = ask(*asked, "--record", "r-1", "--follow")
    assert original() == 1
    assert code == 0, err
    assert "event 1" in out
    assert "The subscription has ended: clause 2 of town-bureau@1" in out


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--record", "r-1"), "--officer is missing"),
        ((*ASKED,), "give one of"),
        ((*ASKED, "--record", "r-1", "--name", "a, b"), "give one of"),
        ((*ASKED, "--name", "Nemo"), "SUR, GIVEN"),
        ((*ASKED, "--list", "colour=red"), "WORD=VALUE"),
        ((*ASKED, "--list", "page=x"), "number"),
        ((*ASKED, "--list", "in-custody=perhaps"), "yes or no"),
        ((*ASKED, "--follow"), "follow --record"),
        (("--fetch",), "--fetch needs --id"),
        ((*ASKED[:2], "--purpose", "fun", "--see", "charges", "--record", "r"), "no purpose"),
        ((*ASKED[:-1], "shoes", "--record", "r-1"), "the data classes are"),
        ((*ASKED, "--record", "r-1", "--id", "a b"), "inquiry_id"),
    ],
)
def test_mistakes(ask: Ask, arguments: tuple[str, ...], says: str) -> None:
    code, _, err = ask(*arguments)
    assert code == 2
    assert says in err


def test_keys_and_addresses(ask: Ask, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    make_key("stranger", tmp_path)
    code, _, err = ask(*ASKED, "--record", "r-1", key_file="stranger.pem")
    assert code == 4
    assert "Try: have the custodian enter the key" in err
    assert ask(*ASKED, "--record", "r-1", key_file="none.pem")[0] == 3
    assert ask(*ASKED, "--record", "r-1", "--to", "http://127.0.0.1:9")[0] == 5
    monkeypatch.delenv("COMITY_GATEWAY")
    assert "say which gateway" in ask(*ASKED, "--record", "r-1")[2]
