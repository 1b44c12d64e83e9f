"""Ports of this machine: free ones to listen on, and one that refuses."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from random import SystemRandom

# As tests/ports.py of a project has it: below the ports of outgoing connections, any of which may
# take one before a server listens on it. Browsers refuse to open 10080.
PORTS = range(11_000, 30_000)
_untried = iter(SystemRandom().sample(PORTS, len(PORTS)))


def free_port() -> int:
    """Return a port of this machine that nobody listens on, another one each time."""
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
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        yield port
