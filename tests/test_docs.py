"""The documentation is true: its commands run, its links lead somewhere, its words are ours.

In docs/*.md a fenced `console` block is run, page by page, in a fresh folder:

- lines that begin with `$ comity` run in order, through bash; the others show output;
- a line must end with exit code 0, or say which: `$ comity ask … # exit 1`;
- `$ comity serve &` (or another command with `--bind`) starts a server, waited for and stopped at the end of the page;
- a fence `~~~json file=inquiry.json` (or with backticks) writes that file first.
"""

from __future__ import annotations

import os
import re
import shlex
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from comity.cli.settings import load_settings
from comity.cli.settings_text import settings_page

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(
    r"^(?P<mark>```+|~~~+)(?P<info>[^\n`]*)\n(?P<body>.*?)^(?P=mark)\s*$", re.M | re.S
)
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
COMMAND_SECONDS_MAX = 60
START_SECONDS_MAX = 20

# Word -> what to say instead. GLOSSARY.md gives the reasons.
BANNED_WORDS = {
    r"\balien": "subject, or person: the law's old word is not ours",
    r"\billegals\b|\billegal (immigra|people|persons)": "say which act is unlawful",
    r"\bimmigration (status|indicator)\b.*\bcolumn\b": "Comity holds no such column",
    r"\bdata releases?\b": "disclosure: a release is a person leaving custody",
    r"\bjail commitment": "custody order: a commitment is a hash in the ledger",
    r"\b(whitelist|blacklist)": "permit list, refusal list",
}
# The reject list must name the fields it drops at the door; the page on it may show them.
MAY_NAME_WHAT_IS_DROPPED = {"src/comity/records/reject.py", "docs/records.md"}


class Step(NamedTuple):
    """One command of a page, or one file that it says exists."""

    line: int
    command: str
    exit_code: int
    file: str | None = None


def steps(text: str) -> Iterator[Step]:
    """What a page tells its reader to write and run, in order."""
    for fence in FENCE.finditer(text):
        line = text.count("\n", 0, fence.start()) + 1
        words = fence["info"].split()
        files = [word.removeprefix("file=") for word in words[1:] if word.startswith("file=")]
        if files:
            yield Step(line, fence["body"], 0, files[0])
        elif words[:1] == ["console"]:
            yield from _commands(fence["body"], line)


def _commands(body: str, above: int) -> Iterator[Step]:
    lines = body.splitlines()
    for number, line in enumerate(lines):
        if not line.startswith("$ "):
            continue
        command = line[2:]
        following = number
        while command.endswith("\\"):
            following += 1
            command = command[:-1] + lines[following].strip()
        said = re.search(r"\s+# exit (\d+)\s*$", command)
        exit_code = int(said[1]) if said else 0
        yield Step(above + 1 + number, command[: said.start()] if said else command, exit_code)


PAGES = sorted((ROOT / "docs").glob("*.md"))
WITH_COMMANDS = [page for page in PAGES if any(steps(page.read_text("utf-8")))]
ALL_PAGES = sorted(
    [*PAGES, *ROOT.glob("*.md"), *(ROOT / "decisions").glob("*.md"), *(ROOT / "law").rglob("*.md")]
)


@pytest.mark.slow
@pytest.mark.parametrize("page", WITH_COMMANDS, ids=lambda page: page.name)
def test_the_commands_of_a_page_run(page: Path, tmp_path: Path) -> None:
    folder = tmp_path / "work"
    folder.mkdir()
    environment = _environment(tmp_path)
    servers: list[subprocess.Popen[bytes]] = []
    try:
        for step in steps(page.read_text("utf-8")):
            where = f"{page.relative_to(ROOT)}:{step.line}"
            if step.file is not None:
                target = folder / step.file
                assert target.resolve().is_relative_to(folder.resolve()), where
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(step.command, "utf-8")
                continue
            assert step.command.startswith("comity "), f"{where}: only comity is run in a page"
            if step.command.endswith("&"):
                servers.append(_serve(step.command, folder, environment, where))
                continue
            done = subprocess.run(
                ["bash", "-o", "pipefail", "-c", step.command],
                cwd=folder,
                env=environment,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS_MAX,
                stdin=subprocess.DEVNULL,
                check=False,
            )
            assert done.returncode == step.exit_code, (
                f"{where}: {step.command}\nexit {done.returncode}, the page says {step.exit_code}\n"
                f"{done.stdout}{done.stderr}"
            )
    finally:
        for server in servers:
            server.terminate()
        for server in servers:
            server.wait(timeout=20)


def _environment(folder: Path) -> dict[str, str]:
    """A PATH on which `comity` is this code, and nothing of the reader's own."""
    programs = folder / "bin"
    programs.mkdir()
    comity = programs / "comity"
    start = "from comity.cli.main import main; main()"
    comity.write_text(f"#!/bin/sh\nexec {shlex.quote(sys.executable)} -c '{start}' \"$@\"\n")
    comity.chmod(0o755)
    kept = {key: value for key, value in os.environ.items() if not key.startswith("COMITY")}
    return kept | {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}


def _serve(
    command: str, folder: Path, environment: dict[str, str], where: str
) -> subprocess.Popen[bytes]:
    """Start a server of a page and wait until it takes connections."""
    bind = re.search(r"--bind (\S+):(\d+)", command)
    if bind:
        host, port = bind[1], int(bind[2])
    else:
        settings = load_settings(folder / "comity.toml")
        host, port = settings.host, settings.port
    log = folder / "server.log"
    with log.open("wb") as said:
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command.rstrip('& ')}"],
            cwd=folder,
            env=environment,
            stdout=said,
            stderr=said,
            stdin=subprocess.DEVNULL,
        )
    deadline = time.monotonic() + START_SECONDS_MAX
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection((host, port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return server
    server.kill()
    server.wait()
    pytest.fail(f"{where}: `{command}` took no connection\n{log.read_text()}")


@pytest.mark.parametrize("page", ALL_PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page: Path) -> None:
    dead = []
    prose = FENCE.sub("", page.read_text("utf-8"))
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        if not file.exists():
            dead.append(f"{target}: no such file")
        elif anchor and anchor not in _anchors(file):
            dead.append(f"{target}: no such heading")
    assert not dead, f"{page.relative_to(ROOT)}: {dead}"


def _anchors(file: Path) -> set[str]:
    """The anchors of a page's headings, as they are made where the pages are shown."""
    text = FENCE.sub("", file.read_text("utf-8"))
    headings = re.findall(r"^#+\s+(.*?)\s*$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def test_our_words_are_the_glossary_s() -> None:
    found = []
    sources = [*(ROOT / "src").rglob("*.py"), *PAGES, *ROOT.glob("*.md")]
    for path in sorted(sources):
        inside = path.relative_to(ROOT).as_posix()
        if inside in MAY_NAME_WHAT_IS_DROPPED:
            continue
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1):
            for pattern, instead in BANNED_WORDS.items():
                if re.search(pattern, line, re.I):
                    found.append(f"{inside}:{number}: {line.strip()} -> {instead}")
    assert not found, "\n".join(found)


def test_the_page_of_settings_is_the_table_in_the_code() -> None:
    page = (ROOT / "docs" / "settings.md").read_text("utf-8")
    assert page == settings_page(), (
        'write it again: python -c "from comity.cli.settings_text import settings_page;'
        " print(settings_page(), end='')\" > docs/settings.md"
    )


def test_steps_are_read_as_the_page_means_them() -> None:
    page = (
        "# A page\n\n```console\n$ comity init\nwrote comity.toml\n"
        "$ comity ask \\\n    --purpose audit # exit 1\n```\n"
        "~~~json file=a/b.json\n{}\n~~~\n```sh\n$ comity no\n```\n"
    )
    assert list(steps(page)) == [
        Step(4, "comity init", 0),
        Step(6, "comity ask --purpose audit", 1),
        Step(9, "{}\n", 0, "a/b.json"),
    ]
