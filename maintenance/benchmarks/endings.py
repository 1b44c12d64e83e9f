"""What ends a reply, or does not: what the upstream saw, after how long, and what the row holds."""

import argparse
import contextlib
import os
import signal
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from model import Model
from page import Page
from projects import Project, argument_parser, baked, chosen
from server import Server

GRACE_SECONDS = 1.0
IDLE_SECONDS = 2.0
LIMITS = {
    "CHAT_DISCONNECT_GRACE_SECONDS": f"{GRACE_SECONDS:g}",
    "CHAT_IDLE_TIMEOUT_SECONDS": f"{IDLE_SECONDS:g}",
}
FLOWS, STALLS = "/long 2000", "/stall /long 40"

# Each leads from an open page on which a reply streams to the moment that counts.
Ending = Callable[[Page, Server], float]


def stop(page: Page, server: Server) -> float:
    return page.send("stop")


def close(page: Page, server: Server) -> float:
    page.close()
    return time.monotonic()


def drop(page: Page, server: Server) -> float:
    page.drop()
    return time.monotonic()


def navigate(page: Page, server: Server) -> float:
    return page.navigate()


def terminate(page: Page, server: Server) -> float:
    os.kill(server.pid, signal.SIGTERM)
    return time.monotonic()


def kill(page: Page, server: Server) -> float:
    os.kill(server.pid, signal.SIGKILL)
    return time.monotonic()


def wait(page: Page, server: Server) -> float:
    """Nothing: the model has been silent from now on."""
    return time.monotonic()


CASES: dict[str, tuple[str, Ending]] = {
    "Stop": (FLOWS, stop),
    "tab closed": (FLOWS, close),
    "tab closed in silence": (STALLS, close),
    "network dropped": (FLOWS, drop),
    "in-page navigation": (FLOWS, navigate),
    "silence": (STALLS, wait),
    "SIGTERM": (FLOWS, terminate),
    "SIGKILL, then a start": (FLOWS, kill),
}


def row(database: Path) -> tuple[str, int]:
    """The newest reply's status, and how many characters of it are saved."""
    with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection:
        query = "select status, length(text) from chat_reply order by id desc limit 1"
        status, length = connection.execute(query).fetchone()
        return str(status), int(length)


def settled_row(database: Path) -> tuple[str, int]:
    """The newest reply's row once it has ended, or after ten seconds."""
    deadline = time.monotonic() + 10
    while (found := row(database))[0] == "streaming" and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


def measure(project: Project) -> Iterator[str]:
    """A line of the table for each case."""
    database = project.folder / "db.sqlite3"
    for number, (name, (prompt, ending)) in enumerate(CASES.items()):
        with Model(project.folder, tokens_per_second=50) as model:
            environment = project.environment(model.base_url) | LIMITS
            served = ("config.asgi:application", project.folder, project.python, environment)
            with Server(*served) as server, Page(server.port, f"127.0.0.{number + 2}") as page:
                page.new_chat()
                page.ask(prompt)
                model.wait(0, "tokens", 20)
                began = ending(page, server)
                ended = model.wait(0, "ended")
                by = model.wait(0, "ended_by")
                tokens = model.wait(0, "tokens")
            if ending is kill:
                with Server(*served):
                    found = settled_row(database)
            else:
                found = settled_row(database)
            yield (
                f"| {project.name} | {name} | {1000 * (ended - began):.0f} | {by} | "
                f"{tokens} | {found[0]} | {found[1]} | {model.count()} |"
            )


def main() -> int:
    """Return 0; the table is for reading."""
    parser: argparse.ArgumentParser = argument_parser(__doc__ or "")
    options = parser.parse_args()
    print(f"Grace {GRACE_SECONDS:g} s, idle limit {IDLE_SECONDS:g} s, 50 tokens a second.\n")
    print("| project | case | closed after ms | by | tokens sent | row | characters | requests |")
    print("|---|---|---|---|---|---|---|---|")
    for answers in chosen(parser, options.answers):
        with baked(answers) as project:
            for line in measure(project):
                print(line, flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
