"""What the log of one page shows of the turns, and which of them it misses."""

from dataclasses import dataclass
from typing import Any  # versions

from chat import queries
from chat.models import Conversation, Reply, Turn


@dataclass(frozen=True)
class Position:
    """What a page shows last: the ids of a turn and its reply, and the reply's status."""

    turn: int = 0
    reply: int = 0
    status: str = ""


class ShownTurns:
    """The turns that a page shows; `last` is where it has got to."""

    def __init__(self, last: Position) -> None:
        self.last = last
        self._calls = (False, list[str]())  # tools
        self._seen: dict[int, tuple[int, int]] = {}  # versions

    @property
    def is_streaming(self) -> bool:
        """Whether the page shows the last reply as streaming."""
        return self.last.status == Reply.Status.STREAMING

    def see(self, reply: Reply) -> None:
        """The page now shows a reply, as the last one and in its present state."""
        self.last = Position(reply.turn_id, reply.pk, reply.status)
        self._calls = _calls(reply)  # tools

    def outdate(self) -> None:  # tools
        """Let the last turn count as missed: its tool calls have changed."""
        self.last = Position(self.last.turn)

    def missed(self, conversation: Conversation) -> list[tuple[Turn, Reply]]:
        """The turns that the page does not show yet, or shows in an older state. Blocks."""
        missed: list[tuple[Turn, Reply]] = []
        for turn, reply in queries.turns(conversation, self.last.turn):
            if self._misses(turn, reply):
                missed.append((turn, reply))
            self._seen[turn.pk] = _version(reply)  # versions
        return missed

    def _misses(self, turn: Turn, reply: Reply) -> bool:
        is_missed = Position(turn.pk, reply.pk, reply.status) != self.last
        is_missed = is_missed or self._has_other_calls(reply)  # tools
        seen = self._seen.get(turn.pk)  # versions
        is_same = seen == _version(reply)  # versions
        if turn.pk < self.last.turn:  # versions
            return not is_same
        is_missed = is_missed or (seen is not None and not is_same)  # versions
        return is_missed

    def _has_other_calls(self, reply: Reply) -> bool:  # tools
        """Whether calls have changed that nothing in this process has announced.

        Another process may run them, or this one between two looks of the feed.
        """
        is_streaming = reply.status == Reply.Status.STREAMING
        return is_streaming and _calls(reply) != self._calls


def _calls(reply: Reply) -> tuple[bool, list[str]]:  # tools
    """Whether a reply that `queries.turns` has read waits for the user, and each call's status.

    It waits a moment after its last call does, once its process has saved that it has ended.
    """
    calls = reply.tool_calls.all() if reply.call_count else ()
    return reply.is_waiting, [call.status for call in calls]


def _version(reply: Any) -> tuple[int, int]:  # versions
    """Which reply a turn shows, and how many it has. `queries.turns` has counted them."""
    return reply.pk, reply.version_count
