"""The private names of djust 1.2 that this chat cannot do without, each with its reason.

`tests/page/test_djust_internals.py` fails on the day that djust changes one of them.
"""

import asyncio
import contextlib
from typing import Any


async def push_now(view: Any, event: str, payload: dict[str, Any]) -> None:
    """Send a push event, and wait while the browser is too slow to take it.

    Both methods are public, and missing from djust's types.
    """
    view.push_event(event, payload)
    await view.flush_push_events()


def is_connected(view: Any) -> bool:
    """Whether a view is the one that its WebSocket shows.

    djust tells a view of its end only through `wait_for_event`, and not at all when the page
    navigates to another view over the same socket.
    """
    consumer = view._ws_consumer
    return consumer is not None and consumer.view_instance is view


def render_lock(view: Any) -> contextlib.AbstractAsyncContextManager[None]:
    """The lock under which djust renders a view for an event.

    `push_state` takes no lock of its own, and two renders at once spoil the state that the next
    difference is computed from.
    """
    lock: asyncio.Lock = view._ws_consumer._render_lock
    return lock
