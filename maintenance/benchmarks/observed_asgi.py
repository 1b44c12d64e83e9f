"""The application of a baked project, which also tells what its process holds: `GET /observe`.

Runs in the project's server, with the project as its current folder.
"""

import asyncio
import importlib
import json
import os
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

project = importlib.import_module("config.asgi").application

Send = Callable[[dict[str, Any]], Awaitable[None]]


async def application(
    scope: dict[str, Any], receive: Callable[[], Awaitable[dict[str, Any]]], send: Send
) -> None:
    """Answer `/observe`; all else is the project's."""
    if scope["type"] == "http" and scope["path"] == "/observe":
        headers = [(b"content-type", b"application/json"), (b"connection", b"close")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        body = json.dumps(held()).encode()
        await send({"type": "http.response.body", "body": body})
    else:
        await project(scope, receive, send)


def held() -> dict[str, Counter[str]]:
    """Tasks by their coroutine, threads by their name, descriptors by what they lead to."""
    tasks = Counter(
        getattr(task.get_coro(), "__qualname__", "") or "?" for task in asyncio.all_tasks()
    )
    threads = Counter(thread.name.partition("_")[0] for thread in threading.enumerate())
    threads["kernel's count"] = len(list(Path("/proc/self/task").iterdir()))
    descriptors: Counter[str] = Counter()
    for entry in os.scandir("/proc/self/fd"):
        try:
            target = os.readlink(entry.path)
        except FileNotFoundError:
            continue  # The one that this listing itself had opened.
        descriptors[target.partition(":[")[0]] += 1
    return {"tasks": tasks, "threads": threads, "descriptors": descriptors}
