"""`self.response += delta` in a callback of `start_async`."""

from typing import Any

from djust import LiveView, action, state

from exercises.tutorial import scratch


class ChatView(LiveView):
    template = scratch.TEMPLATE
    response = state("")
    streaming = state(False)

    @action
    def submit(self, prompt: str = "", **kwargs: Any) -> None:
        self.streaming = True
        # Missing from djust's types.
        self.start_async(self._stream, prompt, name="llm")  # type: ignore[attr-defined]

    def _stream(self, prompt: str) -> None:
        for delta in scratch.model(prompt):
            self.response += delta
        self.streaming = False


async def main() -> str:
    """Returns when the page got its frames."""
    page = await scratch.page(ChatView)
    await scratch.send(page, "submit", prompt=scratch.PROMPT)
    first, *rest = await scratch.until(page, "ten")
    await scratch.closed(page)
    more = "one" if len(rest) == 1 else len(rest)
    return (
        f"The model sent ten words, one each 0.1 s. The page got one patch after {first:.1f} s, "
        f"which says that it streams, and {more} more after {rest[-1]:.1f} s, with all ten words."
    )
