"""The text of a reply of another process, as that process sends it (mirror.py)."""

import time
from collections.abc import Callable
from typing import Any

from chat.bus.bus import bus
from chat.models import Reply
from chat.replies.mirror import FOLLOW, STOP, Piece, ask, reply_channel

# Without a piece for this time, the text comes from the row.
FRESH_SECONDS = 1.5


class MirroredText:
    """The text of a reply that another process streams, as that process sends it."""

    def __init__(self, changed: Callable[[], None], look: Callable[[], None]) -> None:
        """`changed` is called when text has come, `look` when the row holds something new."""
        self._changed, self._look = changed, look
        self._row: Reply | None = None
        self._channel = ""
        self._heard_at = 0.0
        self._up_since: float | None = None
        self._number: int | None = None
        self._calls = 0  # tools
        self.text = self.reasoning = ""

    @property
    def is_fresh(self) -> bool:
        """Whether the text is newer than that of the row."""
        if self._number is None or bus.up_since is None:
            return False
        # While Redis was away, the row may have got ahead.
        is_unbroken = bus.up_since == self._up_since
        return is_unbroken and time.monotonic() - self._heard_at < FRESH_SECONDS

    def see(self, row: Reply) -> None:
        """Follow the process that streams a reply. Newer text that it has sent goes into `row`."""
        self._row = row
        channel = reply_channel(row.process, row.pk)
        if channel != self._channel:
            self.leave()
            self._channel = channel
            bus.listen(channel, self._hear, self._ask)
        elif self.is_fresh:
            row.text, row.reasoning = self.text, self.reasoning
        else:
            self._ask()

    def leave(self) -> None:
        if self._channel:
            bus.leave(self._channel)

    def stop(self) -> bool:
        """Have that process stop the reply. Returns whether it will hear that."""
        if self._row is not None and self.is_fresh:
            ask(STOP, self._row.process, self._row.conversation_id, self._row.pk)
        return self.is_fresh

    def _ask(self) -> None:
        """Ask for the whole text, and for what comes then."""
        if self._row is not None:
            ask(FOLLOW, self._row.process, self._row.conversation_id, self._row.pk)

    def _hear(self, message: Any) -> None:
        piece = Piece(*message)
        if piece.is_whole:
            self.text = self.reasoning = ""
        elif self._number is None or piece.number != self._number + 1:
            if self._number is not None:
                self._number = None
                self._ask()
            return
        self._number = piece.number
        self._heard_at, self._up_since = time.monotonic(), bus.up_since
        self.text += piece.text
        self.reasoning += piece.reasoning
        if piece.is_whole or piece.text or piece.reasoning:
            self._changed()
        if piece.calls != self._calls:  # tools
            self._calls = piece.calls
            self._look()
