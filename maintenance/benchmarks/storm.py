"""Random sequences of what people do, against a model that fails at random: nothing is lost.

Browsers send, stop, retry, reload, drop their connection, open and close tabs and begin new chats.
Afterwards each prompt that was accepted is in the database once, the upstream was asked at most
once for each reply, nothing streams, nothing is open, and the log has no exception.
"""

import asyncio
import contextlib
import json
import random
import sqlite3
import sys
import time
import urllib.request
from collections import Counter
from pathlib import Path
from typing import Any

from page import cookies, event_frame, mount_frame
from projects import Project, argument_parser, baked, chosen
from server import Server
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed
from websockets.typing import Origin

WORDS = (
    *("", "", "", "/stall", "/silent", "/drop", "/cut", "/garbage", "/error", "/refuse"),
    *("/length", "/401", "/429", "/500", "/overloaded", "/long 30", "/long 300", "/slow"),
)
STEPS = ("send", "send", "send", "stop", "stop", "retry", "reload", "drop", "tab", "close", "new")
LIMITS = {"CHAT_DISCONNECT_GRACE_SECONDS": "0.3", "CHAT_IDLE_TIMEOUT_SECONDS": "1.5"}
AT_ONCE = 8
SETTLE_SECONDS = 30.0


class Tab:
    """One WebSocket of a browser; frames are read as they come, and refusals noted."""

    def __init__(self, socket: ClientConnection, accepted: list[str], faults: list[str]) -> None:
        self.socket = socket
        self._refs = 0
        self._reading = asyncio.create_task(self._read(accepted, faults))

    async def send(self, event: str, **params: Any) -> None:
        self._refs += 1
        with contextlib.suppress(ConnectionClosed):
            await self.socket.send(event_frame(self._refs, event, **params))

    async def close(self) -> None:
        """As a closed tab does."""
        await self.socket.close()
        await self._reading

    async def drop(self) -> None:
        """As a lost network does: without a word."""
        self.socket.transport.abort()
        await self._reading

    async def _read(self, accepted: list[str], faults: list[str]) -> None:
        with contextlib.suppress(ConnectionClosed):
            async for text in self.socket:
                frame = json.loads(text)
                if frame["type"] == "error":
                    faults.append(str(frame))
                if frame.get("event") == "chat:sent":
                    accepted.append(frame["payload"]["prompt"])


class Browser:
    """A session with some tabs, and what was accepted of what it sent."""

    def __init__(self, port: int, number: int, rng: random.Random) -> None:
        self._port = port
        self._number = number
        self._rng = rng
        self._prompts = 0
        self.tabs: list[Tab] = []
        self.accepted: list[str] = []
        self.faults: list[str] = []

    async def run(self, steps: int) -> None:
        """Do random steps, with random pauses, and close."""
        self._cookies = await asyncio.to_thread(cookies, self._port)
        await self._open()
        for _ in range(steps):
            await self._step(self._rng.choice(STEPS))
            await asyncio.sleep(self._rng.choice((0, 0, 0.02, 0.1, 0.4)))
        for tab in self.tabs:
            await tab.close()

    async def _step(self, step: str) -> None:
        if not self.tabs:
            await self._open()
        tab = self._rng.choice(self.tabs)
        match step:
            case "send":
                self._prompts += 1
                word = self._rng.choice(WORDS)
                await tab.send("submit", prompt=f"{word} {self._number}-{self._prompts}".strip())
            case "stop" | "retry":
                await tab.send(step)
            case "new":
                await tab.send("new_chat")
            case "tab":
                await self._open()
            case _:
                self.tabs.remove(tab)
                await (tab.drop() if step == "drop" else tab.close())
                if step == "reload":
                    await self._open()

    async def _open(self) -> None:
        socket = await connect(
            f"ws://127.0.0.1:{self._port}/ws/live/",
            origin=Origin(f"http://127.0.0.1:{self._port}"),
            additional_headers={"Cookie": self._cookies},
            max_size=None,
        )
        tab = Tab(socket, self.accepted, self.faults)
        self.tabs.append(tab)
        await socket.send(mount_frame())
        await tab.send("follow", conversation="", turn=0, reply=0, status="")


async def storm(port: int, seed: int, sequences: int) -> list[Browser]:
    """Run the sequences, some at once."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Browser:
        rng = random.Random(f"{seed}-{number}")
        browser = Browser(port, number, rng)
        async with limit:
            await browser.run(rng.randint(3, 12))
        return browser

    return await asyncio.gather(*(one(number) for number in range(sequences)))


def wait_until_settled(record_url: str, database: Path) -> tuple[list[dict[str, Any]], list[Any]]:
    """The requests and the rows, once none is open and none streams, or after SETTLE_SECONDS."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        with urllib.request.urlopen(record_url) as answer:
            requests: list[dict[str, Any]] = json.load(answer)["requests"]
        with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection:
            rows = connection.execute(
                "select turn.id, turn.prompt, reply.status from chat_turn turn "
                "left join chat_reply reply on reply.turn_id = turn.id"
            ).fetchall()
        is_open = any(request["ended"] is None for request in requests)
        if time.monotonic() > deadline or not (is_open or "streaming" in {row[2] for row in rows}):
            return requests, rows
        time.sleep(0.2)


def violations(browsers: list[Browser], requests: list[Any], rows: list[Any]) -> list[str]:
    """What must not be."""
    found = [fault for browser in browsers for fault in browser.faults]
    turns = Counter(prompt for _, prompt in {(row[0], row[1]) for row in rows})
    accepted = Counter(prompt for browser in browsers for prompt in browser.accepted)
    found += [f"doubled turn: {prompt}" for prompt, count in turns.items() if count > 1]
    found += [f"lost turn: {prompt}" for prompt in accepted if prompt not in turns]
    replies = Counter(prompt for _, prompt, status in rows if status)
    asked = Counter(request["messages"][-1]["text"] for request in requests if request["messages"])
    found += [f"asked too often: {text}" for text in asked if asked[text] > replies[text]]
    found += [f"left streaming: {prompt}" for _, prompt, status in rows if status == "streaming"]
    found += [f"turn without a reply: {prompt}" for _, prompt, status in rows if status is None]
    found += [f"left open: {request}" for request in requests if request["ended"] is None]
    return found


def run(project: Project, seed: int, sequences: int) -> list[str]:
    """Run the storm on a project, print what happened, and return what must not have."""
    sys.path.insert(0, str(project.folder))
    from fake_model.server import FakeModel

    with FakeModel(tokens_per_second=100) as model:
        environment = project.environment(model.base_url) | LIMITS
        with Server("config.asgi:application", project.folder, project.python, environment) as chat:
            browsers = asyncio.run(storm(chat.port, seed, sequences))
            address = model.base_url.removeprefix("http://").partition("/")[0]
            requests, rows = wait_until_settled(
                f"http://{address}/record", project.folder / "db.sqlite3"
            )
            found = violations(browsers, requests, rows) + chat.faults()
    statuses = Counter(row[2] for row in rows)
    print(
        f"| {project.name} | {sequences} | {len({row[0] for row in rows})} | {len(requests)} | "
        f"{', '.join(f'{count} {status}' for status, count in statuses.most_common())} | "
        f"{len(found)} |",
        flush=True,
    )
    return found


def main() -> int:
    """Return 0 if nothing was found."""
    parser = argument_parser(__doc__ or "")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    options = parser.parse_args()
    print(f"seed {options.seed}\n")
    print("| project | sequences | turns | requests | replies | violations |")
    print("|---|---|---|---|---|---|")
    found: list[str] = []
    for answers in chosen(parser, options.answers):
        with baked(answers) as project:
            found += run(project, options.seed, options.sequences)
    print("", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
