"""`comity witness`: watch logs from outside, and cosign what grows from what was cosigned.

Source: C2SP tlog-witness; docs/witness.md. Invariant: key and state are made together and stay
together, for a key that forgot what it cosigned would cosign a second tree.
"""

from __future__ import annotations

from pathlib import Path

import click

from comity.cli.law_sign import read_private_key
from comity.cli.output import clock, emit, emit_json, say
from comity.ledger.key import KeyKind, SigningKey

_PATH = click.Path(path_type=Path, dir_okay=False)


@click.group("witness", invoke_without_command=True)
@click.option(
    "--origin-key", "origin_keys", multiple=True, metavar="VKEY", help="A log's key. Repeatable."
)
@click.option("--key", type=_PATH, help="The witness's private key, a PEM file.")
@click.option("--name", help="The name it cosigns with; else the one in its state.")
@click.option("--state", type=_PATH, help="Its SQLite file, made by `comity witness keygen`.")
@click.option("--bind", default="127.0.0.1:8723", metavar="ADDRESS:PORT", show_default=True)
@click.pass_context
def witness(
    context: click.Context,
    origin_keys: tuple[str, ...],
    key: Path | None,
    name: str | None,
    state: Path | None,
    bind: str,
) -> None:
    """Cosign the checkpoints of logs, each only if it grows from the one before.

    Runs until it is told to stop. `comity witness keygen` makes what it needs.
    """
    if context.invoked_subcommand is not None:
        return
    if not origin_keys or key is None or state is None:
        raise click.UsageError("a witness needs --origin-key, --key and --state")
    host, _, port = bind.rpartition(":")
    if not host or not port.isdigit():
        raise click.UsageError("--bind is written ADDRESS:PORT")
    # Here, so that keygen does not wait for a server to be imported.
    from comity.store.sqlite.witness_state import WitnessState
    from comity.web.witness import Witness, logs_of, run_witness

    logs = logs_of(origin_keys)
    seed = read_private_key(key)
    with WitnessState.open(state) as kept:
        signing = SigningKey(name or kept.name, KeyKind.COSIGNATURE, seed)
        app = Witness(kept, logs=logs, keys=(signing,), clock=clock)
        say(f"{signing.name} cosigns with {signing.verifier}")
        sizes = kept.sizes()
        for origin in logs:
            say(f"watching {origin}, last cosigned at size {sizes.get(origin, 'none')}")
        say(f"listening on http://{bind}, stop with Ctrl-C")
        run_witness(app, host.strip("[]"), int(port))


@witness.command("keygen")
@click.option("--name", required=True, help="Its name for ever, as `court.example/witness`.")
@click.option("--key", type=_PATH, required=True, help="Where the private key goes (PEM).")
@click.option("--state", type=_PATH, required=True, help="Where its memory goes (SQLite).")
@click.option("--json", "as_json", is_flag=True, help="Data as JSON.")
def keygen(name: str, key: Path, state: Path, as_json: bool) -> None:
    """Make a key and its empty state, and print the key others verify with."""
    import os

    from comity.cli.law_sign import write_private_key
    from comity.law.signing import PrivateKey
    from comity.ledger.key import demand_name
    from comity.store.sqlite.witness_state import WitnessState

    demand_name(name)
    private_key = PrivateKey(os.urandom(32))
    verifier = SigningKey(name, KeyKind.COSIGNATURE, private_key).verifier
    write_private_key(key, private_key)
    try:
        WitnessState.create(state, verifier)
    except BaseException:
        key.unlink()
        raise
    say(f"private key: {key}, for this witness alone")
    say(f"memory: {state}, never to be restored from a copy")
    if as_json:
        emit_json({"name": name, "vkey": str(verifier), "key": str(key), "state": str(state)})
    else:
        emit(str(verifier))
