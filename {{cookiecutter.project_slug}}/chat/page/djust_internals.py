"""The private names of djust 1.2 that this chat needs, each with its reason.

`tests/page/test_djust_internals.py` fails when djust changes one of them.
"""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from djust.websocket import LiveViewConsumer


class Consumer(LiveViewConsumer):
    """djust's consumer, which also says when a page leaves its view.

    djust tells a view of the end of its socket only through `wait_for_event`, and says nothing when
    the page navigates to another view over the same socket.
    """

    leave: Callable[[], None] | None = None

    async def disconnect(self, close_code: int) -> None:
        # First: djust's own steps ask the channel layer, and may fail or hang without Redis.
        self._leave()
        await super().disconnect(close_code)

    async def handle_live_redirect_mount(self, data: dict[str, Any]) -> None:
        self._leave()
        await super().handle_live_redirect_mount(data)

    def _leave(self) -> None:
        if self.leave is not None:
            self.leave()


def on_leave(view: Any, callback: Callable[[], None]) -> None:
    """Call `callback` when the socket of a view closes, or shows another view; only the last."""
    view._ws_consumer.leave = callback


def is_connected(view: Any) -> bool:
    """Whether a view is the one that its WebSocket shows; False over djust's HTTP fallback."""
    consumer = view._ws_consumer
    return consumer is not None and consumer.view_instance is view


def cookies(view: Any) -> dict[str, str]:
    """The cookies of the WebSocket, which the request that djust gives to `mount` lacks."""
    return dict(scope(view).get("cookies", {}))


def scope(view: Any) -> dict[str, Any]:
    """The ASGI scope of the WebSocket; empty over djust's HTTP fallback."""
    consumer = view._ws_consumer
    return dict(consumer.scope) if consumer is not None else {}


async def push_now(view: Any, event: str, payload: dict[str, Any]) -> None:
    """Send a push event, and wait while the browser is too slow to take it.

    Both methods are public, but missing from djust's types.
    """
    view.push_event(event, payload)
    await view.flush_push_events()


def render_lock(view: Any) -> contextlib.AbstractAsyncContextManager[None]:
    """The lock under which djust renders a view for an event.

    `push_state` takes no lock. Two renders at once would break the state that the next difference
    is computed from.
    """
    lock: asyncio.Lock = view._ws_consumer._render_lock
    return lock
