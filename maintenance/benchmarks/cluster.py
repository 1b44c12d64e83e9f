"""Several server processes of a project with one PostgreSQL, and one Redis where it is wanted.

Each process has a folder of its own, as on a machine of its own: they share no file. Needs the
servers that Debian's packages postgresql and redis-server bring, found on PATH or beside them.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from projects import Project
from server import Server

START_SECONDS = 30.0


class Cluster:
    """Runs for as long as its `with` block lasts. `servers` stay at their ports when restarted."""

    def __init__(
        self,
        project: Project,
        base_url: str,
        processes: int,
        with_redis: bool,
        environment: dict[str, str],
    ) -> None:
        """`base_url` is the upstream's; `environment` is added to what each process gets."""
        self._project = project
        self._processes = processes
        self._with_redis = with_redis
        self._environment = project.environment(base_url) | environment
        self.servers: list[Server] = []
        self.redis: Redis | None = None

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="cluster-")))
            folder.chmod(0o755)
            self.postgresql = stack.enter_context(PostgreSQL(folder / "postgresql"))
            self._environment["DATABASE_URL"] = self.postgresql.url
            if self._with_redis:
                self.redis = stack.enter_context(Redis(folder))
                self._environment["REDIS_URL"] = self.redis.url
            migrate = [str(self._project.python), "manage.py", "migrate", "-v0"]
            subprocess.run(migrate, cwd=self._project.folder, env=self._environment, check=True)
            for number in range(self._processes):
                copy = folder / f"process-{number}"
                shutil.copytree(self._project.folder, copy)
                server = Server(
                    "config.asgi:application", copy, self._project.python, self._environment
                )
                self.servers.append(stack.enter_context(server))
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._stack.__exit__(kind, error, traceback)


class PostgreSQL:
    """A database server of its own, at a free port."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"postgres://postgres@127.0.0.1:{self._port}/postgres"

    def __enter__(self) -> Self:
        self._folder.mkdir()
        if os.getuid() == 0:  # PostgreSQL refuses to run as root.
            shutil.chown(self._folder, "postgres")
        self._run("initdb", "--auth=trust", "--username=postgres", "--no-sync")
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        options = f"-p {self._port} -h 127.0.0.1 -k {self._folder} -c fsync=off"
        self._run("pg_ctl", "start", "-w", "-o", options, "-l", str(self._folder / "log"))

    def stop(self) -> None:
        self._run("pg_ctl", "stop", "-m", "fast")

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        with psycopg.connect(self.url) as connection:
            cursor = connection.execute(sql.encode())
            while cursor.nextset():
                pass
            return cursor.fetchall()

    def _run(self, name: str, *arguments: str) -> None:
        found = shutil.which(name) or max(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"))
        command = [str(found), "-D", str(self._folder), *arguments]
        if os.getuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        subprocess.run(command, check=True, cwd="/", stdout=subprocess.DEVNULL)


class Redis:
    """A Redis of its own, at a free port. It saves nothing."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._port = free_port()
        self.url = f"redis://127.0.0.1:{self._port}/0"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self._port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(command, cwd=self._folder, stdout=subprocess.DEVNULL)
        wait_for_port(self._port)

    def stop(self) -> None:
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port: int = free.getsockname()[1]
        return port


def wait_for_port(port: int) -> None:
    """Return when something listens there. Raises TimeoutError after START_SECONDS."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return
    raise TimeoutError(f"nothing listens on port {port}")
