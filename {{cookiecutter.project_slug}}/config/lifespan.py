"""What is done when the server starts and when it ends: the lifespan protocol of ASGI."""

import asyncio
import importlib
import logging
from collections.abc import Awaitable, Callable
from typing import Any

logger = logging.getLogger("chat")


async def lifespan(
    scope: dict[str, Any],
    receive: Callable[[], Awaitable[dict[str, Any]]],
    send: Callable[[dict[str, Any]], Awaitable[None]],
) -> None:
    """Answer the server's two messages."""
    warm_up = asyncio.create_task(asyncio.to_thread(load_sdk))
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            await warm_up
            return


def load_sdk() -> None:
    """Import the SDK, which takes a second or more, before the first prompt has to wait for it."""
    importlib.import_module("chat.reply")
