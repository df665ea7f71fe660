"""`comity`: finds the command, runs it, and turns what went wrong into words and an exit code.

Source: DESIGN.md, Faces. Invariants: a command's module is imported only when it
is run, so that `comity --help` stays under 150 ms (`make bench BENCH=help`); in
`comity.cli.<module>` the command is the attribute of its own name (`law in-force`
is `in_force`). Does not: work of its own.
"""

from __future__ import annotations

import importlib
import os
import select
import sys
from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from comity import __version__
from comity.errors import ComityError, IntegrityFault, NotFound, NotPermitted, Unreachable

OK: Final = 0
AN_ANSWER: Final = 1
"""A refusal, an alarm, a failed verification: the command worked and the answer is no."""
USAGE: Final = 2
BUG: Final = 70
STOPPED: Final = 130
"""Ended by an interrupt, as a shell counts it."""
COMPLETION: Final = "_COMITY_COMPLETE"
"""Set by a shell that asks for completions (click's convention)."""

EXIT_CODES: Final[Mapping[type[ComityError], int]] = {
    NotFound: 3,
    NotPermitted: 4,
    Unreachable: 5,
    IntegrityFault: 6,
}
"""Any other ComityError is about what was given to the command: `USAGE`."""

COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "demo": ("demo", "Play 31 August 2018 in Philadelphia, from signed text to cut feed."),
    "init": ("init", "Write comity.toml and an empty database."),
    "serve": ("serve", "Run the gateway."),
    "ingest": ("ingest", "Take in events of a record system from files."),
    "record": ("record", "Expunge, seal, hide or restore a record."),
    "ask": ("ask", "Send a signed inquiry to a gateway."),
    "agency": ("agency", "Say who may ask: agencies, officers and their keys."),
    "account": ("account", "Say who may sign in to the pages, and as what."),
    "process": ("process", "Put a warrant, order or subpoena on file."),
    "custody": ("", "Papers and people at the jail's door."),
    "law": ("", "Check, adopt and end the texts that decide."),
    "ledger": ("", "Sign, publish, audit and mirror the public log."),
    "journal": ("journal", "Hand on what past inquiries were decided on."),
    "receipt": ("receipt", "Fetch, read and check the receipt of an entry."),
    "opening": ("opening", "Open entries: to the person they are about, or to an auditor."),
    "witness": ("witness", "Watch logs from outside and cosign their checkpoints."),
    "city": ("city", "Make the events of a synthetic city."),
    "status": ("status", "Say what is in force and what is held."),
    "doctor": ("doctor", "Check this installation and its data."),
}

LAW_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "check": ("law_text", "Check instruments and run their examples."),
    "show": ("law_text", "Show an instrument, its terms and clauses."),
    "diff": ("law_text", "Compare two versions of an instrument."),
    "replay": ("law_replay", "Say what a draft would have changed in past inquiries."),
    "judge": ("law_judge", "Judge past inquiries once, for many replays."),
    "classes": ("law_classes", "Say in words what each clause tells apart."),
    "cases": ("law_cases", "Run a table of decision cases against the library."),
    "stack": ("law_stack", "Print the texts that bind, with conflicts and gaps."),
    "prove": ("law_prove", "Prove promises over all inquiries, or show one that breaks them."),
    "in-force": ("law_life", "Say what is, or was, in force."),
    "adopt": ("law_life", "Sign an instrument as a party, and adopt it."),
    "vote": ("law_life", "Vote on a further period of an instrument."),
    "suspend": ("law_life", "Stop an instrument for a while."),
    "resume": ("law_life", "Let a suspended instrument go on."),
    "revoke": ("law_life", "End an instrument."),
    "history": ("law_life", "Show every act upon an instrument."),
    "keygen": ("law_life", "Make a signing key."),
}

CUSTODY_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "intake": ("custody_intake", "Take in a paper for somebody in custody."),
    "board": (
        "custody_board",
        "List who has a paper or is due to leave, by when each must be out.",
    ),
    "decide": ("custody_board", "Decide every paper of a person: acts, duties, the door."),
    "release": ("custody_door", "Let a person go, or hand them over upon a paper."),
    "leaves": ("custody_staff", "Say from when a person may leave."),
    "statement": ("custody_staff", "State facts about a person for the law."),
    "choose": ("custody_staff", "Use, by name, what the law allows upon a paper."),
    "serve": ("custody_staff", "Enter that the person was given a copy."),
    "withdraw": ("custody_staff", "Enter that a paper was withdrawn."),
    "duty": ("custody_duty", "List what is owed upon papers, and close it."),
    "letter": ("custody_letter", "Write the answer to the agency that sent a paper."),
    "notice": ("custody_letter", "Write the notice to the person a paper came for."),
    "replay": ("custody_replay", "Decide a list of past detainers under other texts."),
}

LEDGER_COMMANDS: Final[Mapping[str, tuple[str, str]]] = {
    "keygen": ("ledger_publish", "Make the log's signing key."),
    "key": ("ledger_publish", "Say the log's verifier key."),
    "checkpoint": ("ledger_publish", "Sign and publish a checkpoint, if there is news."),
    "rebuild": ("ledger_publish", "Make every tile anew from the database."),
    "audit": ("ledger_audit", "Rebuild a whole log from its entries, and name what differs."),
    "policy": ("ledger_audit", "Write a policy file: logs, witnesses, and how many must agree."),
    "mirror": ("ledger_audit", "Keep a verified copy of a log as plain files."),
}

CONTEXT: Final = {"help_option_names": ["-h", "--help"], "max_content_width": 100}


class LazyGroup(click.Group):
    """A group that knows its commands by name and imports one when it is run."""

    def __init__(self, *args: Any, lazy: Mapping[str, tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._lazy = lazy

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every command, in the order of the table."""
        return list(self._lazy)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now."""
        if cmd_name in self.commands:
            return self.commands[cmd_name]
        if cmd_name not in self._lazy:
            return None
        module, _ = self._lazy[cmd_name]
        found = getattr(importlib.import_module(f"comity.cli.{module}"), cmd_name.replace("-", "_"))
        if not isinstance(found, click.Command):
            raise TypeError(f"comity.cli.{module}.{cmd_name} is not a command")
        return found

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table and without an import."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, says) for name, (_, says) in self._lazy.items()])


@click.group(cls=LazyGroup, lazy=COMMANDS, context_settings=CONTEXT)
@click.version_option(__version__, prog_name="comity")
@click.option(
    "--config", metavar="FILE", help="Settings file; else COMITY_CONFIG, else ./comity.toml."
)
def comity(config: str | None) -> None:
    """Run the agreements under which a city shares its arrest and custody records.

    Data goes to stdout, talk to stderr. Exit codes: 0 ok, 1 an answer that is no (refused,
    failed check), 2 usage, 3 not found, 4 not permitted, 5 unreachable, 6 integrity, 70 bug.
    """
    if config is not None:
        # By environment, so that processes a command starts read the same file.
        os.environ["COMITY_CONFIG"] = config


@comity.group(cls=LazyGroup, lazy=LAW_COMMANDS)
def law() -> None:
    """Check, adopt and end the texts that decide."""


@comity.group(cls=LazyGroup, lazy=CUSTODY_COMMANDS)
def custody() -> None:
    """Take in papers for people in custody, decide them, and let people go on time."""


@comity.group(cls=LazyGroup, lazy=LEDGER_COMMANDS)
def ledger() -> None:
    """Sign, publish, audit and mirror the public log."""


def exit_code(fault: ComityError) -> int:
    """The exit code of the nearest class above `fault`."""
    for above in type(fault).__mro__:
        if above in EXIT_CODES:
            return EXIT_CODES[above]
    return USAGE


def main(arguments: Sequence[str] | None = None) -> None:
    """Run one command and leave the process with its exit code."""
    try:
        code = run(arguments)
        sys.stdout.flush()
    except BrokenPipeError as fault:
        code = OK if _reader_gone() else _tell_bug(fault)
    sys.exit(code)


def _reader_gone() -> bool:
    """Whether stdout is the pipe that broke: whoever read us (`head`) has enough."""
    try:
        out = sys.stdout.fileno()
    except (OSError, ValueError):
        return False
    poll = select.poll()
    poll.register(out, select.POLLOUT)
    gone = any(event & (select.POLLERR | select.POLLHUP) for _, event in poll.poll(0))
    if gone:
        # What is left goes nowhere, or Python complains about it at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), out)
    return gone


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, with any error told on stderr.

    Raises BrokenPipeError where the reader of stdout has gone.
    """
    if COMPLETION in os.environ:
        comity.main(prog_name="comity")
    try:
        # Not `comity.main`, which would turn a broken pipe into exit code 1, an answer.
        given = list(sys.argv[1:] if arguments is None else arguments)
        with comity.make_context("comity", given) as context:
            comity.invoke(context)
    except click.exceptions.Exit as leave:
        return leave.exit_code
    except click.exceptions.NoArgsIsHelpError as fault:
        _tell(fault.format_message())
        return USAGE
    except click.ClickException as fault:
        return _tell_usage(fault)
    except (click.Abort, KeyboardInterrupt):
        _tell("comity: stopped")
        return STOPPED
    except ComityError as fault:
        _tell_error(fault.what, fault.where, fault.remedy)
        return exit_code(fault)
    except BrokenPipeError:
        raise
    except Exception as fault:  # noqa: BLE001 - the last catcher: told as a bug, exit code 70
        return _tell_bug(fault)
    return OK


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def _tell_error(what: str, where: str | None, remedy: str | None) -> None:
    _tell(f"comity: {what}")
    if where:
        _tell(f"  at: {where}")
    if remedy:
        _tell(f"Try: {remedy}")


def _tell_usage(fault: click.ClickException) -> int:
    message = fault.format_message()
    path = "comity"
    if isinstance(fault, click.UsageError) and fault.ctx is not None:
        path = fault.ctx.command_path
    _tell_error(message[:1].lower() + message[1:].rstrip("."), None, f"{path} --help")
    return EXIT_CODES[NotFound] if isinstance(fault, click.FileError) else USAGE


def _tell_bug(fault: Exception) -> int:
    """A fault nobody foresaw: a short word here, the traceback in a file for the report."""
    # Here, because they would slow every `--help` for the day something breaks.
    import tempfile
    import traceback

    text = "".join(traceback.format_exception(fault))
    try:
        with tempfile.NamedTemporaryFile(
            "w", prefix="comity-fault-", suffix=".txt", delete=False, encoding="utf-8"
        ) as file:
            file.write(text)
        where = file.name
    except OSError:
        _tell(text)
        where = "above"
    _tell_error(
        f"a fault in Comity itself: {type(fault).__name__}",
        f"{where} (the traceback; it may hold names from your records)",
        "report it with the version and the command, after reading what the file holds",
    )
    return BUG
