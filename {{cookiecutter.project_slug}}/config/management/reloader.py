"""Restarts the server of `manage.py dev` whenever a file changes.

uvicorn's supervisor does most of the work: the server is a child process. This process keeps the
port open between two servers, so a browser waits instead of being refused, and ends a server with
SIGTERM, so its replies are saved as interrupted. The built-in model runs in this process, and so
outlives the servers.
"""

import importlib
import os
import signal
import socket
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

import uvicorn
from uvicorn.supervisors.basereload import BaseReload

SUFFIXES = (".py", ".html")
NOT_WATCHED = {"__pycache__", "tests"}
# A folder with one of these holds installed packages.
INSTALLED = {"pyvenv.cfg", ".package-lock.json"}
MODEL = "fake_model"  # the package of the built-in model, whose texts are watched too


class Reloader(BaseReload):
    """Runs a server in a child process, and starts a new one after each change.

    `serve` is called in the child, so it must be picklable. Its keywords are `sockets`, which
    listen; `base_url`, that of the built-in model; `is_first`, whether this is the first server;
    and `env_changed`, whether `.env` has changed since the last one.
    """

    POLL_SECONDS = 0.3
    # A server that does not end when asked, perhaps because its code loops, is killed.
    END_SECONDS = 5.0

    def __init__(
        self, serve: Callable[..., None], listener: socket.socket, folder: Path, env_file: Path
    ) -> None:
        """Watch `env_file`, and the code and templates in `folder`."""
        # At this level uvicorn does not print its own line about a reload.
        config = uvicorn.Config("", log_level="error", reload_delay=self.POLL_SECONDS)
        super().__init__(config, serve, [listener])
        self.serve = serve
        self.folder = folder
        self.env_file = env_file
        self.changed: list[Path] = []
        self.has_reloaded = False
        self.end_was_printed = False

    def run(self) -> None:
        """Serve until Ctrl-C or SIGTERM. Raises `SystemExit` if the first server ends by itself."""
        with ExitStack() as self.models:
            self.start_model(port=0)
            super().run()

    def startup(self) -> None:
        """Start the first server."""
        self.seen = snapshot(self.folder, self.env_file)
        self.target = partial(self.serve, base_url=self.base_url, is_first=True, env_changed=True)
        with no_ctrl_c_for_children():
            super().startup()

    def should_restart(self) -> list[Path] | None:
        """Wait for one interval, then return the files that have changed since the last start."""
        self.pause()
        self.notice_end()
        before, now = self.seen, snapshot(self.folder, self.env_file)
        while now != before:
            # An editor or git may be writing several files: wait until nothing more changes.
            self.pause()
            before, now = now, snapshot(self.folder, self.env_file)
        files = self.seen.keys() | now.keys()
        self.changed = sorted(file for file in files if self.seen.get(file) != now.get(file))
        self.seen = now
        return self.changed

    def notice_end(self) -> None:
        """Say that the server has ended by itself. Raises `SystemExit` if it was the first one."""
        if self.process.is_alive() or self.end_was_printed:
            return
        if not self.has_reloaded:
            sys.exit(1)
        say("The server has ended. It starts again after the next change.")
        self.end_was_printed = True

    def restart(self) -> None:
        """End the server and start the next one."""
        more = f" and {len(self.changed) - 3} more" if len(self.changed) > 3 else ""
        say(f"Reloading: {', '.join(map(self.name, self.changed[:3]))}{more} changed")
        self.has_reloaded = True
        self.end_was_printed = False
        self.target = partial(
            self.serve,
            base_url=self.base_url,
            is_first=False,
            env_changed=self.env_file in self.changed,
        )
        with self.time_to_end(), no_ctrl_c_for_children():
            super().restart()
        if any(file.is_relative_to(self.folder / MODEL) for file in self.changed):
            self.start_model(self.port)

    def name(self, file: Path) -> str:
        """Return the name of a file as it is printed."""
        return str(file.relative_to(self.folder) if file.is_relative_to(self.folder) else file)

    def shutdown(self) -> None:
        """End the server for good."""
        with self.time_to_end():
            super().shutdown()

    @contextmanager
    def time_to_end(self) -> Iterator[None]:
        """Kill the present server if it has not ended after END_SECONDS."""
        timer = threading.Timer(self.END_SECONDS, self.process.kill)
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def start_model(self, port: int) -> None:
        """Start the built-in model from its present code, in place of the one that runs."""
        self.models.close()
        for name in list(sys.modules):
            if name.partition(".")[0] == MODEL:
                del sys.modules[name]
        try:
            model = importlib.import_module(f"{MODEL}.server").FakeModel(port=port)
            self.models.enter_context(model)
        except Exception:
            if not self.has_reloaded:
                raise
            # A mistake in the changed code: the next change may mend it.
            traceback.print_exc()
        else:
            self.base_url = model.base_url
            self.port = urlsplit(model.base_url).port


def say(line: str) -> None:
    """Print a line at once, in a pipe too."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def snapshot(folder: Path, env_file: Path) -> dict[Path, int]:
    """Return the files that are watched, each with the time of its last change in nanoseconds."""
    files = [env_file]
    for name, folders, names in os.walk(folder):
        if INSTALLED & set(names):
            folders.clear()
            continue
        folders[:] = [each for each in folders if each not in NOT_WATCHED and each[0] != "."]
        is_model = Path(name).relative_to(folder).parts[:1] == (MODEL,)
        files += [
            Path(name, file)
            for file in names
            if file[0] != "." and (is_model or file.endswith(SUFFIXES))
        ]
    times = {}
    for file in files:
        with suppress(FileNotFoundError):
            times[file] = file.stat().st_mtime_ns
    return times


@contextmanager
def no_ctrl_c_for_children() -> Iterator[None]:
    """Let a process that starts meanwhile never see Ctrl-C, which this process passes on.

    Otherwise a server that is still importing would print a traceback.
    """
    if sys.platform == "win32":
        yield  # uvicorn ends its child with Ctrl-C there
    else:
        # A child inherits the signals that are blocked.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
