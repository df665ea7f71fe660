"""The house keeps its shape: no clock or dice in domain packages, short files, honest names.

What each rule is for stands in its failure message. Import layers are import-linter's
(pyproject.toml). The walkers are themselves tested on planted faults.
"""

from __future__ import annotations

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "src" / "comity"
DOMAIN = ("cedar", "records", "ledger", "law", "disclosure", "custody", "access")
LINES_MAX = 450

CLOCK = "time is the parameter `at: Instant`: a decision must come out the same when replayed"
DICE = "randomness and keys arrive as arguments: an entry must be reproducible by an auditor"
FILES = "domain packages touch no files: the caller reads, the parser is pure"
HIDDEN = "nothing is read from the environment: what decides is in the law and the facts"

BANNED_NAMES = (
    (r"time\..+", CLOCK),
    (r"datetime\.datetime\.(now|utcnow|today)", CLOCK),
    (r"datetime\.date\.today", CLOCK),
    (r"(random|secrets)\..+", DICE),
    (r"os\.(urandom|getrandom)", DICE),
    (r"uuid\.uuid[1467]", DICE),
    (r"nacl\.utils\.random.*", DICE),
    (r"(nacl|cryptography)\..*\.generate", DICE),
    (r"os\.(environ|environb|getenv).*", HIDDEN),
    (r"(builtins\.|io\.|codecs\.|os\.)open", FILES),
    (r"os\.(listdir|scandir|walk|stat|remove|unlink|rename|replace|mkdir|makedirs)", FILES),
    (r"(shutil|tempfile|glob|mmap|fcntl)\..+", FILES),
)
BANNED_METHODS = frozenset(
    {
        "exists",
        "is_dir",
        "is_file",
        "iterdir",
        "mkdir",
        "read_bytes",
        "read_text",
        "rglob",
        "stat",
        "touch",
        "unlink",
        "write_bytes",
        "write_text",
    }
)
MAY_READ_FILES = {
    "law/library.py": "reads the folder of instruments",
    "records/read.py": "reads event files row by row",
}
WRONG_NAMES = frozenset(
    {
        "application",
        "business_logic",
        "common",
        "core",
        "domain",
        "exceptions",
        "helper",
        "helpers",
        "infrastructure",
        "interfaces",
        "manager",
        "misc",
        "models",
        "services",
        "types",
        "util",
        "utils",
    }
)


def banned_uses(source: str, *, may_read_files: bool = False) -> Iterator[tuple[int, str, str]]:
    """Line, name and reason of everything in a module that reads a clock, dice or a file."""
    tree = ast.parse(source)
    aliases = _aliases(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            name = _dotted(node, aliases)
            for pattern, reason in BANNED_NAMES:
                if re.fullmatch(pattern, name) and not (may_read_files and reason == FILES):
                    yield node.lineno, name, reason
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr in BANNED_METHODS
            and not may_read_files
        ):
            yield node.lineno, f".{node.func.attr}()", FILES


def _aliases(tree: ast.Module) -> dict[str, str]:
    """Local name -> dotted name, from the imports of a module and the builtin `open`."""
    names = {"open": "builtins.open"}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for one in node.names:
                first = one.name.split(".", maxsplit=1)[0]
                names[one.asname or first] = one.name if one.asname else first
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for one in node.names:
                names[one.asname or one.name] = f"{node.module}.{one.name}"
    return names


def _dotted(node: ast.expr, aliases: dict[str, str]) -> str:
    if isinstance(node, ast.Name):
        return aliases.get(node.id, "")
    if isinstance(node, ast.Attribute):
        above = _dotted(node.value, aliases)
        return f"{above}.{node.attr}" if above else ""
    return ""


def _python(*folders: str) -> list[Path]:
    return sorted(
        path
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        if "__pycache__" not in path.parts
    )


@pytest.mark.parametrize("package", DOMAIN)
def test_domain_packages_read_no_clock_dice_or_file(package: str) -> None:
    faults = []
    for path in _python(f"src/comity/{package}"):
        inside = path.relative_to(SOURCE).as_posix()
        may = inside in MAY_READ_FILES
        for line, name, reason in banned_uses(path.read_text("utf-8"), may_read_files=may):
            faults.append(f"{inside}:{line}: {name}: {reason}")
    assert not faults, "\n".join(faults)


@pytest.mark.parametrize(
    "planted",
    [
        "import time\ntime.time_ns()",
        "from time import time\ntime()",
        "import datetime as dt\ndt.datetime.now(dt.UTC)",
        "from datetime import datetime\ndatetime.utcnow()",
        "from datetime import date as day\nstarts = day.today",
        "import random\nrandom.random()",
        "from secrets import token_bytes\ntoken_bytes(32)",
        "import os\nos.urandom(8)",
        "import uuid\nuuid.uuid4()",
        "from nacl.signing import SigningKey\nSigningKey.generate()",
        "open('law.md')",
        "import os\nos.environ['HOME']",
        "def read(path):\n    return path.read_text()",
        "def read(path, at=__import__):\n    import time as clock\n    return clock.monotonic()",
    ],
)
def test_the_walker_finds_a_planted_fault(planted: str) -> None:
    assert list(banned_uses(planted))


def test_the_walker_leaves_time_as_a_value_alone() -> None:
    sound = (
        "from datetime import datetime, time, UTC\n"
        "noon = time(12)\n"
        "def read(at): return datetime.fromtimestamp(at, UTC)\n"
    )
    assert not list(banned_uses(sound))


@pytest.mark.parametrize("folder", ["src", "bench", "tests"])
def test_a_file_is_one_sitting(folder: str) -> None:
    long = []
    for path in _python(folder):
        lines = path.read_text("utf-8").count("\n")
        if lines > LINES_MAX:
            long.append(f"{path.relative_to(ROOT)}: {lines} lines")
    assert not long, f"one concept a file, {LINES_MAX} lines at most: split {long}"


def test_files_are_named_for_their_subject() -> None:
    wrong = [
        str(path.relative_to(ROOT))
        for path in _python("src", "bench", "tests")
        if WRONG_NAMES & {part.removesuffix(".py") for part in path.relative_to(ROOT).parts}
    ]
    assert not wrong, f"these names hide what is inside: {wrong}"


def test_every_module_says_what_it_is_for() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in _python("src", "bench")
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert not silent, f"a module opens with its law and its limits: {silent}"


def test_nothing_is_left_for_later() -> None:
    later = re.compile(
        r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "NotImplemented" + "Error"]) + ")"
    )
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in _python("src", "bench", "tests")
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if later.search(line) and path != Path(__file__)
    ]
    assert not found, f"do it, or write it into an issue: {found}"


def test_pinned_requirements_are_those_of_the_package() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    listed = [
        line
        for line in (ROOT / "requirements" / "base.in").read_text("utf-8").splitlines()
        if line and not line.startswith("#")
    ]
    assert sorted(listed) == sorted(project["dependencies"])


@pytest.mark.parametrize(
    "path", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.name
)
def test_pinned_requirements_name_no_place(path: Path) -> None:
    text = path.read_text("utf-8")
    assert "--hash=sha256:" in text, "every package is pinned by its hashes"
    place = re.search(r"https?://|file:/|--(extra-)?index|--find-links|(?<![\w.])/\w+/", text)
    assert place is None, f"a pinned file installs from whatever index a site uses: {place}"
