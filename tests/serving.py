"""What tests of commands that serve for ever share."""

import socket
import subprocess
import urllib.request
from urllib.error import HTTPError, URLError

import pytest


def free_port() -> int:
    """Return a port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
        return port


def get_when_up(url: str, server: subprocess.Popen[bytes]) -> str:
    """Return the page at `url` as soon as `server` answers; fail if it ends before."""
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60) as page:
                return str(page.read().decode("utf-8"))
        except HTTPError as error:
            pytest.fail(f"{url} answered {error}")
        except URLError:
            try:
                server.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(f"the server ended with exit code {server.returncode}")
