"""Waits for commands that serve for ever."""

import subprocess
import time
import urllib.request
from http.client import HTTPException
from urllib.error import HTTPError

import pytest

START_SECONDS = 300


def get_when_up(url: str, server: subprocess.Popen[bytes]) -> str:
    """Return the page at `url` as soon as `server` answers.

    Fails if it ends before, or does not answer within START_SECONDS.
    """
    deadline = time.monotonic() + START_SECONDS
    while server.poll() is None:
        try:
            with urllib.request.urlopen(url, timeout=60) as page:
                return str(page.read().decode("utf-8"))
        except HTTPError as error:
            pytest.fail(f"{url} answered {error}")
        # A server that is just starting, or ending, may also take the connection and close it.
        except (OSError, HTTPException) as error:
            if time.monotonic() > deadline:
                pytest.fail(f"{url} did not answer within {START_SECONDS} s: {error!r}")
            try:
                server.wait(timeout=0.2)
            except subprocess.TimeoutExpired:
                continue
    pytest.fail(f"the server ended with exit code {server.returncode}")
