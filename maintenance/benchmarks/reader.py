"""One of many pages without a browser, which reads a reply and notes when its markers arrive."""

import asyncio
import json
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from model import PATIENCE_SECONDS
from page import cookies, event_frame, mount_frame
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Origin

MARKER = re.compile(r"q([0-9]+)q")


async def read_reply(
    port: int, host: str, prompt: str, all_open: asyncio.Barrier, delay: float
) -> dict[int, float]:
    """Open a page, wait for the others and `delay` seconds, ask, and read to the end.

    Returns the `time.monotonic()` at which each marker arrived. Raises TimeoutError if nothing came
    for PATIENCE_SECONDS, and RuntimeError if the reply ended in another way.
    """
    async with opened(port, host, await asyncio.to_thread(cookies, port)) as socket:
        await all_open.wait()
        await asyncio.sleep(delay)
        await socket.send(event_frame(2, "submit", prompt=prompt))
        seen: dict[int, float] = {}
        while True:
            received = json.loads(await asyncio.wait_for(socket.recv(), PATIENCE_SECONDS))
            note_markers(received, seen)
            if received.get("event") == "chat:end":
                if received["payload"]["status"] != "complete":
                    raise RuntimeError(f"a reply did not complete: {received['payload']}")
                return seen
            # Its turn was read when it had ended already: there is no `chat:end` to come.
            if received.get("event") == "chat:turns" and "streaming" not in str(received):
                raise RuntimeError("a page was shown nothing before its reply had ended")


@asynccontextmanager
async def opened(port: int, host: str, cookies: str) -> AsyncIterator[ClientConnection]:
    """The socket of a page that follows its visitor's newest conversation."""
    async with connect(
        f"ws://127.0.0.1:{port}/ws/live/",
        origin=Origin(f"http://127.0.0.1:{port}"),
        additional_headers={"Cookie": cookies},
        local_addr=(host, 0),
        open_timeout=PATIENCE_SECONDS,
        max_size=None,
    ) as socket:
        await socket.send(mount_frame())
        await frame(socket, "chat:connected")
        await socket.send(event_frame(1, "follow", conversation="", turn=0, reply=0, status=""))
        await frame(socket, "chat:turns")
        yield socket


def note_markers(received: dict[str, Any], seen: dict[int, float]) -> None:
    """Note in `seen` that the markers of a frame have arrived now, if it has text."""
    if received.get("event") != "chat:text":
        return
    now = time.monotonic()
    _reply, _drop, html, _tail = received["payload"]["edit"]
    for number in MARKER.findall(html):
        seen.setdefault(int(number), now)


async def frame(socket: ClientConnection, event: str) -> dict[str, Any]:
    """Read up to a push event. Raises TimeoutError."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while True:
            received: dict[str, Any] = json.loads(await socket.recv())
            if received.get("event") == event:
                return received
