"""Wakes the feeds of pages when something has happened to a reply."""

import asyncio
import contextlib


class Watcher:
    """Wakes a page's feed when something has happened to the reply of a conversation."""

    def __init__(self) -> None:
        self._event = asyncio.Event()
        self._waiting = asyncio.Event()

    def notify(self) -> None:
        self._event.set()
        self._waiting.clear()

    async def changed(self, timeout: float | None = None) -> None:
        """Wait for something to happen since the last call, or for `timeout` seconds."""
        if not self._event.is_set():
            self._waiting.set()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(timeout):
                    await self._event.wait()
        self._event.clear()

    async def handled(self) -> None:
        """Wait until the feed has handled the last change (it has called `changed` again)."""
        await self._waiting.wait()
