"""The chat as a process of its own, as it runs in earnest: it can be signalled and killed."""

import os
import signal
import sqlite3
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from django.conf import settings

from chat.provider import names
from fake_model.server import FakeModel
from tests.ports import free_port

DATABASE = "db.sqlite3"
START_SECONDS = 120.0  # generous: a busy machine imports slowly


class Server:
    """A server on a free port, with a database of its own, for as long as its `with` block lasts.

    Its database begins as a copy of this process's. After `kill` or `terminate`, `start` starts it
    again on the same port and database.
    """

    ENDS_WITHIN = "--timeout-graceful-shutdown=3"
    COMMAND: tuple[str, ...] = ("-m", "uvicorn", "config.asgi:application", ENDS_WITHIN, "--port")

    def __init__(self, folder: Path, model: FakeModel, **variables: str) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}/"
        self.log = folder / "server.log"
        self._database = folder / DATABASE
        variables = {names.BASE_URL_VARIABLE: model.base_url, **variables}
        self.environment = environment(folder, **variables)

    def __enter__(self) -> Self:
        with (
            closing(sqlite3.connect(settings.DATABASES["default"]["NAME"])) as source,
            closing(sqlite3.connect(self._database)) as target,
        ):
            source.backup(target)
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def start(self) -> None:
        """Start the server, and return once it answers.

        Raises `TimeoutError` with its log, also if it ends.
        """
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *self.COMMAND, str(self.port)],
                cwd=settings.BASE_DIR,
                env=self.environment,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                urllib.request.urlopen(self.url + "healthz", timeout=1).close()
            except OSError:
                time.sleep(0.05)
            else:
                return
        raise TimeoutError(self.log.read_text(encoding="utf-8"))

    def kill(self) -> None:
        """End the process as a power cut would."""
        self.process.kill()
        self.process.wait()

    def terminate(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ask the process to end, and return once it has. Raises `TimeoutExpired`."""
        self.process.send_signal(number)
        self.process.wait(timeout=START_SECONDS)

    def write(self, statement: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """Write to its database."""
        with closing(sqlite3.connect(self._database, timeout=10)) as connection, connection:
            connection.executemany(statement, rows)

    def execute(self, statement: str) -> None:
        """Change its database."""
        with closing(sqlite3.connect(self._database, timeout=10)) as connection, connection:
            connection.execute(statement)

    def rows(self, query: str) -> list[dict[str, Any]]:
        """What is in its database."""
        with closing(sqlite3.connect(self._database, timeout=10)) as connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query)]


def environment(folder: Path, **variables: str) -> dict[str, str]:
    """The variables of a server whose database is in `folder`."""
    return {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{(folder / DATABASE).as_posix()}",
        "DJANGO_ALLOWED_HOSTS": "127.0.0.1",
        "DJANGO_DEBUG": "false",
        "DJANGO_HTTPS": "false",
        "DJANGO_SECRET_KEY": "only for tests",
        "DJANGO_SETTINGS_MODULE": "config.settings",
        names.KEY_VARIABLE: "sk-the-key-of-the-tests",
        **variables,
    }


class Dev(Server):
    """The chat as a developer sees it first: `manage.py dev`, without a key."""

    COMMAND = ("manage.py", "dev", "--noreload")

    def __init__(self, folder: Path, model: FakeModel) -> None:
        unset = {names.BASE_URL_VARIABLE: "", names.KEY_VARIABLE: ""}
        super().__init__(folder, model, DJANGO_DEBUG="true", **unset)
