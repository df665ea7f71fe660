"""The command line: quick to say what it can do, honest in its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import click
import pytest

from comity.cli import main as entry
from comity.errors import ComityError, IntegrityFault, NotFound, NotPermitted, Unreachable

START = "from comity.cli.main import main; main()"
HEAVY = {"asyncio", "msgspec", "litestar", "uvicorn", "apsw", "cedarpy", "httpx", "yaml", "polars"}


def comity(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", START, *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("arguments", [["--help"], ["--version"], ["law", "--help"]])
def test_help_imports_nothing_heavy(arguments: list[str]) -> None:
    script = (
        "import sys, json, contextlib\nfrom comity.cli.main import run\n"
        f"with contextlib.redirect_stdout(sys.stderr): code = run({arguments!r})\n"
        "print(json.dumps([code, sorted(sys.modules)]))"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stdout)
    assert code == entry.OK
    loaded = {name.split(".")[0] for name in modules}
    assert not HEAVY & loaded, "a command's module is imported only when it is run"
    assert {name for name in modules if name.startswith("comity.")} <= {
        "comity.cli",
        "comity.cli.main",
        "comity.errors",
    }


@pytest.mark.parametrize("name", [name for name in entry.COMMANDS if name != "law"])
def test_every_command_is_there_and_explains_itself(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry.run([name, "--help"]) == entry.OK
    assert f"comity {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", list(entry.LAW_COMMANDS))
def test_every_command_on_law_is_there(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert entry.run(["law", name, "--help"]) == entry.OK
    assert f"comity law {name}" in capsys.readouterr().out


@pytest.mark.parametrize("name", list(entry.LEDGER_COMMANDS))
def test_every_command_on_the_ledger_is_there(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert entry.run(["ledger", name, "--help"]) == entry.OK
    assert f"comity ledger {name}" in capsys.readouterr().out


def test_help_lists_every_command() -> None:
    done = comity("--help")
    assert done.returncode == 0
    assert not done.stderr
    for name, (_, says) in entry.COMMANDS.items():
        assert name in done.stdout
        assert says in " ".join(done.stdout.split())


def test_a_word_that_is_no_command_is_a_usage_error() -> None:
    done = comity("lwa")
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("comity: no such command 'lwa'")
    assert done.stderr.endswith("Try: comity --help\n")


class Odd(Unreachable):
    """An error that a package derived."""


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> list[BaseException]:
    """A command `fail` that raises what is put into this list."""
    raised: list[BaseException] = []

    @click.command()
    def fail() -> None:
        raise raised[0]

    monkeypatch.setitem(entry.comity.commands, "fail", fail)
    return raised


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (ComityError("it is wrong"), 2),
        (NotFound("it is not there"), 3),
        (NotPermitted("you may not"), 4),
        (Unreachable("it does not answer"), 5),
        (Odd("it does not answer"), 5),
        (IntegrityFault("it was changed"), 6),
        (click.UsageError("Not like that."), 2),
        (click.exceptions.Exit(1), 1),
        (KeyboardInterrupt(), 130),
    ],
)
def test_each_class_of_error_has_its_exit_code(
    failing: list[BaseException], fault: BaseException, code: int
) -> None:
    failing.append(fault)
    assert entry.run(["fail"]) == code


def test_an_error_says_what_where_and_what_to_try(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(NotFound("no instrument `x`", where="law/a.md:3", remedy="comity law check"))
    entry.run(["fail"])
    out, err = capsys.readouterr()
    assert out == ""
    assert err == "comity: no instrument `x`\n  at: law/a.md:3\nTry: comity law check\n"


def test_a_bug_is_told_in_a_word_and_kept_in_a_file(
    failing: list[BaseException],
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    failing.append(ZeroDivisionError("division by zero"))
    assert entry.run(["fail"]) == 70
    err = capsys.readouterr().err
    assert err.startswith("comity: a fault in Comity itself: ZeroDivisionError\n")
    assert "Traceback" not in err
    (kept,) = tmp_path.iterdir()
    assert str(kept) in err
    assert "Traceback" in kept.read_text()


def test_a_reader_who_has_enough_is_no_error() -> None:
    script = (
        "import click\nfrom comity.cli import main as entry\n"
        "@entry.comity.command()\n"
        "def much():\n    for n in range(200_000): print('line', n)\n"
        "entry.main(['much'])\n"
    )
    done = subprocess.run(
        ["bash", "-c", f'"{sys.executable}" -c "$0" | head -1; echo "${{PIPESTATUS[0]}}"', script],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "line 0\n0\n"
    assert done.stderr == ""


def test_a_pipe_that_broke_elsewhere_is_a_bug(
    failing: list[BaseException], capsys: pytest.CaptureFixture[str]
) -> None:
    failing.append(BrokenPipeError(32, "Broken pipe"))
    with pytest.raises(SystemExit) as left:
        entry.main(["fail"])
    assert left.value.code == 70
    assert "BrokenPipeError" in capsys.readouterr().err


def test_config_reaches_the_processes_a_command_starts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COMITY_CONFIG", "before")
    seen: list[str] = []

    @click.command()
    def look() -> None:
        import os

        seen.append(os.environ["COMITY_CONFIG"])

    monkeypatch.setitem(entry.comity.commands, "look", look)
    assert entry.run(["--config", "city.toml", "look"]) == 0
    assert seen == ["city.toml"]
