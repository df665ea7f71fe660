"""Run a gateway on a socket until it is told to stop.

On a signal the gateway leaves first: it takes no new request and its streams say
goodbye; what is under way is finished. Does not: build a gateway (`comity.web.app`).
"""

from __future__ import annotations

import socket
from typing import Any, Final, cast

import uvicorn

from comity.errors import Unreachable
from comity.web.gateway import Gateway

GRACE_SECONDS: Final = 10
"""How long requests under way may take after the signal."""
KEEP_ALIVE_SECONDS: Final = 30


class Server(uvicorn.Server):
    """uvicorn, which lets the gateway's streams end before it waits for them."""

    def __init__(self, config: uvicorn.Config, gateway: Gateway) -> None:
        super().__init__(config)
        self._gateway = gateway

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Leave, then finish what is under way."""
        self._gateway.leave()
        await super().shutdown(sockets)


def server_of(gateway: Gateway, host: str, port: int) -> Server:
    """A server that is not yet running. `port` 0 lets the system choose."""
    config = uvicorn.Config(
        cast("Any", gateway),  # an ASGI application in our own types
        host=host,
        port=port,
        access_log=False,
        log_level="warning",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
    )
    return Server(config, gateway)


def run(gateway: Gateway, host: str, port: int) -> None:
    """Serve until a signal. Raises Unreachable where the address cannot be listened on."""
    try:
        server_of(gateway, host, port).run()
    except SystemExit as leave:
        if leave.code:
            raise Unreachable(
                "the gateway could not listen",
                where=f"{host}:{port}",
                remedy="another process may have the port: choose one with --bind",
            ) from leave
