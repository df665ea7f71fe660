"""Where a log is read from: a web address or a plain folder, by the same paths.

Source: C2SP tlog-tiles. A source is a `ledger.tile_read.Fetch`: the bytes at a path, None where
there are none. Invariants: nothing it gives is believed by anybody before it was authenticated;
that a log cannot be reached is never taken for a log that has no such file; no answer is read
beyond the size a bundle can have. Does not: cache, verify, or follow redirects.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Final

import httpx

from comity.errors import NotFound, Unreachable
from comity.ledger.rebuild import Rehashed, Stretch
from comity.ledger.tiles import ENTRY_BYTES_MAX, TILE_WIDTH
from comity.web.log_folder import FolderLog

BYTES_MAX: Final = TILE_WIDTH * (ENTRY_BYTES_MAX + 2)
TIMEOUT_SECONDS: Final = 20.0
TRIES: Final = 4
PAUSE_SECONDS: Final = 0.25
"""Before the second try; doubled before each further one."""
CONNECTIONS: Final = 8


class WebLog:
    """A log served under a prefix, `https://log.example/2026`."""

    def __init__(self, prefix: str, transport: httpx.BaseTransport | None = None) -> None:
        self.prefix = prefix.rstrip("/")
        self._transport = transport
        self._client: httpx.Client | None = None
        self._lock = threading.Lock()

    def __call__(self, path: str) -> bytes | None:
        """The body at a path, None for 404 and 410. Tries again; raises Unreachable."""
        url = f"{self.prefix}/{path}"
        fault: Unreachable | None = None
        for attempt in range(TRIES):
            if attempt:
                time.sleep(PAUSE_SECONDS * 2 ** (attempt - 1))
            try:
                return self._get(url)
            except httpx.InvalidURL as wrong:
                raise NotFound(f"not an address: {wrong}", where=url) from wrong
            except httpx.HTTPError as wrong:
                fault = Unreachable(f"{type(wrong).__name__}: {wrong}".rstrip(": "), where=url)
        raise fault or Unreachable("not tried", where=url)

    def _get(self, url: str) -> bytes | None:
        with self._connected().stream("GET", url) as answer:
            if answer.status_code in {404, 410}:
                return None
            if answer.status_code == 429 or answer.status_code >= 500:
                answer.raise_for_status()
            if answer.status_code != 200:
                raise Unreachable(
                    f"answers {answer.status_code} {answer.reason_phrase}".rstrip(),
                    where=url,
                    remedy="give the prefix under which `checkpoint` and `tile/` are served",
                )
            body = bytearray()
            for part in answer.iter_bytes():
                body += part
                if len(body) > BYTES_MAX:
                    raise Unreachable(f"answers more than {BYTES_MAX} bytes", where=url)
            return bytes(body)

    def _connected(self) -> httpx.Client:
        with self._lock:
            if self._client is None:
                self._client = httpx.Client(
                    transport=self._transport,
                    timeout=TIMEOUT_SECONDS,
                    trust_env=False,
                    limits=httpx.Limits(max_connections=CONNECTIONS),
                )
            return self._client

    def close(self) -> None:
        """Close the connections."""
        with self._lock:
            if self._client is not None:
                self._client.close()
                self._client = None


Source = FolderLog | WebLog


def source_of(place: str) -> Source:
    """The log at an http(s) address or in a folder. Raises NotFound for neither."""
    if place.startswith(("http://", "https://")):
        return WebLog(place)
    folder = Path(place)
    if not folder.is_dir():
        raise NotFound(
            "neither a folder nor an http(s) address",
            where=place,
            remedy="https://log.example/2026",
        )
    return FolderLog(folder)


def in_threads(
    call: Callable[[Stretch], Rehashed], stretches: Iterable[Stretch]
) -> Iterator[Rehashed]:
    """A `ledger.rebuild.Mapper` for the web: some connections are waited for at a time."""
    with ThreadPoolExecutor(CONNECTIONS) as pool:
        yield from pool.map(call, list(stretches))
