"""A page of a scratch view without a browser: a WebSocket that keeps what arrives, and when."""

import asyncio
import time
from typing import Any

from django.conf import settings
from django.template.base import VARIABLE_TAG_END as END
from django.template.base import VARIABLE_TAG_START as START
from djust import LiveView

from config.asgi import application
from tests.websocket import WebSocket

TEMPLATE = f"<div dj-root><p>{START} response {END}</p><p>{START} streaming {END}</p></div>"
HEADERS = [(b"host", b"testserver"), (b"origin", b"http://testserver")]
PROMPT = "One two three four five six seven eight nine ten"


async def page(view: type[LiveView]) -> WebSocket:
    """A page that shows `view`."""
    settings.LIVEVIEW_ALLOWED_MODULES = [view.__module__]
    socket = WebSocket(application, "/ws/live/", HEADERS)
    await socket.connect(timeout=10)
    name = f"{view.__module__}.{view.__qualname__}"
    await socket.send_json({"type": "mount", "view": name, "url": "/"})
    await until(socket, "mount")
    return socket


async def send(socket: WebSocket, event: str, **params: Any) -> None:
    """What djust's client sends for a form or a click."""
    await socket.send_json({"type": "event", "event": event, "params": params})


async def until(socket: WebSocket, text: str) -> list[float]:
    """Read frames up to one that holds `text`. Returns when each came, in seconds from now."""
    began, times = time.monotonic(), []
    while True:
        frame = str(await socket.receive_json(timeout=10))
        times.append(time.monotonic() - began)
        if text in frame:
            return times


def model(prompt: str, pause: float = 0.1) -> Any:
    """A model that repeats the prompt, and pauses before each word, for some seconds."""
    for word in prompt.split():
        time.sleep(pause)
        yield f"{word} "


async def closed(socket: WebSocket) -> None:
    """Close the page, and wait until the server is done with it."""
    await asyncio.shield(socket.disconnect(timeout=10))
