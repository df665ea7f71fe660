"""A town's gateway on a socket of this machine."""

from __future__ import annotations

import threading
import time

import httpx

from comity.web.app import create_gateway
from comity.web.client import Client
from comity.web.server import Server, server_of
from tests.web.town import Town, key_id, private_key


class Live:
    """A town's gateway on a socket of this machine."""

    def __init__(self, town: Town) -> None:
        self.town = town
        gateway = create_gateway(
            town.desk, heartbeat_seconds=0.1, poll_seconds=0.05, publisher=town.publisher
        )
        self.server: Server = server_of(gateway, "127.0.0.1", 0)
        self._thread = threading.Thread(target=self.server.run)
        self._thread.start()
        while not self.server.started:
            time.sleep(0.01)
        port = self.server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(15)
        assert not self._thread.is_alive()

    def client(self, name: str = "bureau", transport: httpx.BaseTransport | None = None) -> Client:
        return Client(
            self.url,
            key_id(name),
            private_key(name),
            clock=lambda: self.town.now,
            randomness=self.town.draw,
            transport=transport,
            pause=lambda _: time.sleep(0.01),
        )
