"""An ASGI application in a uvicorn process of its own, on this machine."""

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter
from pathlib import Path
from types import TracebackType
from typing import Self

HERE = Path(__file__).resolve().parent
START_SECONDS = 60.0

Held = dict[str, Counter[str]]


class Server:
    """Serves for as long as its `with` block lasts; its log is kept in memory for `faults`."""

    def __init__(
        self,
        application: str,
        folder: Path,
        python: Path,
        environment: dict[str, str],
        core: int | None = None,
    ) -> None:
        """`application` is imported from `folder` or from here. `core` pins the process to one."""
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port: int = free.getsockname()[1]
        self._command = [str(python), "-m", "uvicorn", application, "--app-dir", str(HERE)]
        self._command += ["--port", str(self.port), "--log-level", "warning"]
        self._folder = folder
        self._environment = environment
        self._core = core

    @property
    def url(self) -> str:
        """Its address, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def pid(self) -> int:
        """Of the one process that serves."""
        return self._process.pid

    def __enter__(self) -> Self:
        self._log = tempfile.TemporaryFile(mode="w+", encoding="utf-8", errors="replace")
        self.start()
        return self

    def start(self) -> None:
        """Start the process, again if it has ended, and return when it listens."""
        self._process = subprocess.Popen(
            self._command,
            cwd=self._folder,
            env=self._environment,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )
        if self._core is not None:
            os.sched_setaffinity(self.pid, {self._core})
        deadline = time.monotonic() + START_SECONDS
        while not self._listens():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._process.kill()
                raise RuntimeError(f"The server did not start:\n{self.log()}")

    def end(self, number: signal.Signals) -> None:
        """Send a signal that ends the process, and return when it has ended."""
        self._process.send_signal(number)
        self._process.wait()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._process.terminate()
        if error is not None:
            print(self.log(), file=sys.stderr)
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            raise
        finally:
            self._log.close()

    def log(self) -> str:
        """What it has written so far."""
        self._log.seek(0)
        return self._log.read()

    def faults(self) -> list[str]:
        """The lines of its log that tell of an exception or an error."""
        return [line for line in self.log().splitlines() if "ERROR" in line or "Traceback" in line]

    def cpu_seconds(self) -> float:
        """What it has used of a processor so far, in user and in system mode."""
        stat = Path(f"/proc/{self.pid}/stat").read_text(encoding="utf-8")
        # The second field is a name in parentheses; utime and stime are the 14th and 15th.
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def memory_bytes(self) -> int:
        """What it holds in memory now."""
        # The second of several numbers, in pages.
        statm = Path(f"/proc/{self.pid}/statm").read_text(encoding="utf-8")
        return int(statm.split()[1]) * os.sysconf("SC_PAGE_SIZE")

    def waiting_seconds(self) -> float:
        """How long its event loop's thread has waited for a processor that another program had."""
        # The second of three numbers, in nanoseconds; of the process's first thread.
        schedstat = Path(f"/proc/{self.pid}/schedstat").read_text(encoding="utf-8")
        return int(schedstat.split()[1]) / 1e9

    def held(self) -> Held:
        """What its process holds: see `observed_asgi.held`."""
        with urllib.request.urlopen(f"{self.url}/observe", timeout=START_SECONDS) as answer:
            return {kind: Counter(counts) for kind, counts in json.load(answer).items()}

    def _listens(self) -> bool:
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
            return False
        return True
