"""People for a load: each browser does random things with some tabs, on any of the servers."""

import asyncio
import contextlib
import json
import random
from typing import Any

from page import cookies, event_frame, mount_frame
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Origin

WORDS = (
    *("", "", "", "/stall", "/silent", "/drop", "/cut", "/garbage", "/error", "/refuse"),
    *("/length", "/401", "/429", "/500", "/overloaded", "/long 30", "/long 300", "/slow"),
)
STEPS = ("send", "send", "send", "stop", "stop", "retry", "reload", "drop", "tab", "close", "new")
# A server that was killed, or whose database is away, answers again before this many tries.
TRIES = 300
PAUSE_SECONDS = 0.1


class Tab:
    """One WebSocket of a browser; frames are read as they come, and refusals noted."""

    conversation = ""

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
                match frame.get("event"):
                    case "chat:sent":
                        accepted.append(frame["payload"]["prompt"])
                    case "chat:turns":
                        self.conversation = frame["payload"]["conversation"]


class Browser:
    """A visitor with some tabs, and what was accepted of what it sent."""

    def __init__(self, ports: list[int], number: int, rng: random.Random) -> None:
        """`ports` are those of the servers: each request and each socket goes to any of them."""
        self._ports = ports
        self._number = number
        self._rng = rng
        self._prompts = 0
        self.tabs: list[Tab] = []
        self.accepted: list[str] = []
        self.faults: list[str] = []

    @property
    def host(self) -> str:
        """Where it comes from: limits count addresses."""
        return f"127.1.{self._number // 250}.{self._number % 250 + 1}"

    async def run(self, steps: tuple[str, ...], count: int) -> None:
        """Do random steps, with random pauses, and close."""
        await self._open()
        for _ in range(count):
            await self._step(self._rng.choice(steps))
            await asyncio.sleep(self._rng.choice((0, 0, 0.02, 0.1, 0.4)))
        for tab in self.tabs:
            await tab.close()

    async def _step(self, step: str) -> None:
        self.tabs = [tab for tab in self.tabs if tab.socket.close_code is None]
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
            case "delete":
                await tab.send("delete", conversation=tab.conversation)
            case "tab":
                await self._open()
            case _:
                self.tabs.remove(tab)
                await (tab.drop() if step == "drop" else tab.close())
                if step == "reload":
                    await self._open()

    async def _open(self) -> None:
        for tries in range(TRIES):
            port = self._rng.choice(self._ports)
            try:
                if not hasattr(self, "_cookies"):
                    self._cookies = await asyncio.to_thread(cookies, port, self.host)
                socket = await connect(
                    f"ws://127.0.0.1:{port}/ws/live/",
                    origin=Origin(f"http://127.0.0.1:{port}"),
                    additional_headers={"Cookie": self._cookies},
                    local_addr=(self.host, 0),
                    max_size=None,
                )
                break
            except (OSError, RuntimeError, InvalidHandshake):
                if len(self._ports) == 1 or tries == TRIES - 1:
                    raise
                await asyncio.sleep(PAUSE_SECONDS)
        tab = Tab(socket, self.accepted, self.faults)
        self.tabs.append(tab)
        with contextlib.suppress(ConnectionClosed):
            await socket.send(mount_frame())
        await tab.send("follow", conversation="", turn=0, reply=0, status="")
