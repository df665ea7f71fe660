"""A log as plain files, and a tiny server of them."""

from __future__ import annotations

import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from comity.ledger.tiles import Bundle, Tile, print_bundle
from tests.ledger.tlog import WholeLog, log_of_size


def write_log(folder: Path, log: WholeLog | int) -> WholeLog:
    """Write a log, or one of that many entries, as the files it serves."""
    whole = log_of_size(log) if isinstance(log, int) else log
    for path, raw in whole.files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(raw)
    return whole


def flip(folder: Path, path: str, at: int = 0) -> None:
    """Change a byte of a file."""
    raw = bytearray((folder / path).read_bytes())
    raw[at] ^= 1
    (folder / path).write_bytes(bytes(raw))


def forge(folder: Path, log: WholeLog, index: int, entry: bytes) -> Tile:
    """Exchange an entry in its bundle; the tile it belongs under, unchanged."""
    first = index - index % 256
    entries = log.entries[first : first + 256]
    entries[index - first] = entry
    bundle = Bundle(first // 256, len(entries))
    (folder / bundle.path).write_bytes(print_bundle(entries))
    return bundle.tile


def swap(folder: Path, log: WholeLog, one: int, other: int) -> None:
    """Exchange the places of two entries of one bundle."""
    first = one - one % 256
    entries = log.entries[first : first + 256]
    entries[one - first], entries[other - first] = entries[other - first], entries[one - first]
    (folder / Bundle(first // 256, len(entries)).path).write_bytes(print_bundle(entries))


class _Quiet(SimpleHTTPRequestHandler):
    asked: list[str]

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class names it
        pass

    def do_GET(self) -> None:
        self.asked.append(self.path)
        super().do_GET()


class StaticServer:
    """Serves a folder on loopback until it is stopped. `asked` has every path asked for."""

    def __init__(self, folder: Path) -> None:
        self.asked = list[str]()
        handler = type("Handler", (_Quiet,), {"asked": self.asked})
        self._server = ThreadingHTTPServer(
            ("127.0.0.1", 0), partial(handler, directory=str(folder))
        )
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def stop(self) -> None:
        self._server.shutdown()
        self._thread.join(10)
        self._server.server_close()
