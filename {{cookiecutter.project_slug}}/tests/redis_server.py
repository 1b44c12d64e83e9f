"""A Redis for tests, which they may stop, freeze and start again.

It is a `redis-server` where one is installed, and else the stand-in: nothing has to be installed.
"""

import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from types import TracebackType
from typing import Self

from tests.ports import free_port
from tests.redis_stand_in import RedisStandIn
from tests.waiting import SOON, failure

# Windows cannot freeze a process.
PROGRAM = None if sys.platform == "win32" else shutil.which("redis-server")


class InstalledRedis:
    """A process of the installed Redis that keeps nothing."""

    def __init__(self, port: int) -> None:
        assert PROGRAM
        self._folder = tempfile.TemporaryDirectory()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir"]
        self._process = subprocess.Popen(
            [PROGRAM, *options, self._folder.name], stdout=subprocess.DEVNULL
        )
        deadline = time.monotonic() + SOON
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError as error:
                if time.monotonic() > deadline or self._process.poll() is not None:
                    raise TimeoutError(failure("redis-server listens", error)) from error
                time.sleep(0.01)
        assert self._process.poll() is None, "something else listens on the port"

    def stop(self) -> None:
        self._process.kill()
        self._process.wait()
        self._folder.cleanup()

    def freeze(self) -> None:
        if sys.platform != "win32":
            self._process.send_signal(signal.SIGSTOP)


class RedisServer:
    """Redis at one address, for as long as the `with` block lasts."""

    def __init__(self) -> None:
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"
        self._server: InstalledRedis | RedisStandIn | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        make = InstalledRedis if PROGRAM else RedisStandIn
        self._server = make(self._port)

    def stop(self) -> None:
        """End it, if it runs."""
        if self._server is not None:
            self._server.stop()
            self._server = None

    def freeze(self) -> None:
        """Let it accept connections and answer nothing, until `stop`."""
        assert self._server is not None
        self._server.freeze()
