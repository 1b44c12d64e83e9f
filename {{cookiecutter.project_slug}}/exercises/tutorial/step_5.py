"""The tutorial's Stop: `cancel_async`, and a flag that the callback reads at the next chunk."""

import threading
from typing import Any

from djust import LiveView, action, state

from exercises.tutorial import scratch

# How many words the reply had when `stop` was called.
words: list[int] = []


class ChatView(LiveView):
    template = scratch.TEMPLATE
    response = state("")
    streaming = state(False)
    _stop_event: threading.Event | None = None

    @action
    def submit(self, prompt: str = "", **kwargs: Any) -> None:
        self.streaming = True
        self._stop_event = threading.Event()
        self.start_async(self._stream, prompt, name="llm")  # type: ignore[attr-defined]

    @action
    def stop(self, **kwargs: Any) -> None:
        words.append(len(self.response.split()))
        # Missing from djust's types, as `start_async` is.
        self.cancel_async("llm")  # type: ignore[attr-defined]
        if self._stop_event is not None:
            self._stop_event.set()
        self.streaming = False

    def _stream(self, prompt: str) -> None:
        for delta in scratch.model(prompt):
            if self._stop_event and self._stop_event.is_set():
                break
            self.response += delta


async def main() -> str:
    """Returns how far the reply had come when djust called `stop`."""
    page = await scratch.page(ChatView)
    await scratch.send(page, "submit", prompt=scratch.PROMPT)
    await scratch.until(page, "True")
    await scratch.send(page, "stop")
    await scratch.until(page, "False")
    await scratch.closed(page)
    return (
        "Stop was sent before the first of ten words. "
        f"When djust called `stop`, the reply had {words[-1]} of them."
    )
