"""Ports of this machine for tests: free ones to listen on, and one that refuses."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom

# Below the ports that systems give to outgoing connections, from 32768 on at the earliest: any
# connection may take one of those before a server listens on it. Browsers refuse to open 10080.
PORTS = range(11_000, 30_000)
# Each process tries them in another order, whatever seeds `random`, and none of them twice.
_untried = iter(SystemRandom().sample(PORTS, len(PORTS)))


def free_port() -> int:
    """A port of this machine that nobody listens on, another one each time."""
    while True:
        port = next(_untried)
        try:
            socket.create_server(("127.0.0.1", port)).close()
        except OSError:
            continue
        return port


@contextmanager
def refusing_port() -> Iterator[int]:
    """A port that refuses connections, and that nobody else can listen on meanwhile."""
    with socket.socket() as bound:
        # Bound without `listen`: the port is taken, and the system refuses whoever connects.
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        yield port
