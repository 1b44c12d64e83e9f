"""The private names of djust 1.2 that this chat needs, each with its reason.

`tests/page/test_djust_internals.py` fails when djust changes one of them.
"""

import asyncio
import contextlib
import json
from collections.abc import Callable
from typing import Any

from djust.websocket import LiveViewConsumer

# Frames of one page that wait while another one is handled, as many as uvicorn itself would queue.
WAITING_FRAMES = 32
# A Stop that waits for so long behind other frames is not handled in its turn.
STOP_SECONDS = 0.02


class Consumer(LiveViewConsumer):
    """djust's consumer, which also reads ahead, and says when a page leaves its view.

    Frames are handled one after the other, and a query of any of them may wait for the database.
    Stop does not, and the end of the socket is noticed when it arrives. djust tells a view of that
    end only through `wait_for_event`, and says nothing when the page navigates to another view over
    the same socket.
    """

    leave: Callable[[], None] | None = None
    stop: Callable[[], bool] | None = None
    has_ended = False  # noticed
    has_left = False  # handled, after all frames before it
    handled: dict[str, Any]

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        frames: asyncio.Queue[dict[str, Any]] = asyncio.Queue(WAITING_FRAMES)

        async def read_ahead() -> None:
            while not self.has_ended:
                frame = await receive()
                self._notice(frame)
                await frames.put(frame)

        reading = asyncio.create_task(read_ahead())
        try:
            await super().__call__(scope, frames.get, send)
        finally:
            reading.cancel()
            self.has_left = True
            self._end()

    async def dispatch(self, message: dict[str, Any]) -> None:
        self.handled = message
        await super().dispatch(message)
        self.stop_in_turn()

    def stop_in_turn(self) -> bool:
        """Return whether the frame that is being handled has not stopped, and will not later."""
        if late_stop := self.handled.pop("late_stop", None):
            late_stop.cancel()
        return "has_stopped" not in self.handled

    async def disconnect(self, close_code: int) -> None:
        # First: djust's own steps ask the channel layer, and may fail.
        self.has_left = True
        self._end()
        await super().disconnect(close_code)

    async def handle_live_redirect_mount(self, data: dict[str, Any]) -> None:
        self._leave()
        await super().handle_live_redirect_mount(data)

    def _notice(self, frame: dict[str, Any]) -> None:
        if frame["type"] == "websocket.disconnect":
            self._end()
        elif _is_stop(frame.get("text") or ""):
            loop = asyncio.get_running_loop()
            frame["late_stop"] = loop.call_later(STOP_SECONDS, self._stop_now, frame)

    def _stop_now(self, frame: dict[str, Any]) -> None:
        if self.stop is not None and self.stop():
            frame["has_stopped"] = True

    def _end(self) -> None:
        self.has_ended = True
        self._leave()

    def _leave(self) -> None:
        self.stop = None
        if self.leave is not None:
            self.leave()


def _is_stop(text: str) -> bool:
    """Whether a frame is the event `stop`, as djust's client sends it."""
    if '"stop"' not in text:
        return False
    with contextlib.suppress(ValueError, AttributeError):
        data = json.loads(text)
        return (data.get("type"), data.get("event")) == ("event", "stop")
    return False


def on_stop(view: Any, callback: Callable[[], bool]) -> None:
    """Call `callback` if the event `stop` has waited for STOP_SECONDS and djust has not handled it.

    It returns whether there was something to stop: the event that begins a reply may still wait.
    Neither djust's rate limit nor its look at the login comes before: ending a reply costs nothing,
    and the view belongs to its socket.
    """
    view._ws_consumer.stop = callback


def stop_in_turn(view: Any) -> bool:
    """Say that djust handles the event `stop` now. Returns whether it is still to be done."""
    return view._ws_consumer is None or view._ws_consumer.stop_in_turn()


def on_leave(view: Any, callback: Callable[[], None]) -> None:
    """Call `callback` when the socket of a view closes, or shows another view; only the last."""
    view._ws_consumer.leave = callback
    if view._ws_consumer.has_ended:
        callback()


def is_connected(view: Any) -> bool:
    """Whether a view is the one that its WebSocket shows; False over djust's HTTP fallback."""
    consumer = view._ws_consumer
    return consumer is not None and consumer.view_instance is view and not consumer.has_left


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
