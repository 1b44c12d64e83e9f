"""What the built-in model received, and how each connection ended."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar, overload

from .contract import Message

T = TypeVar("T")


@dataclass
class Entry:
    """One request. It goes on changing until `ended` is set.

    Times are readings of `time.monotonic()` in seconds: that clock is system-wide, so other
    processes on this machine may compare them with their own readings. Headers and query are
    left out, because they carry the key.
    """

    path: str
    received: float = field(default_factory=time.monotonic)
    body: dict[str, Any] | None = None
    messages: list[Message] = field(default_factory=list)
    system: str = ""
    words: list[str] = field(default_factory=list)
    """The words of `script.WORDS` that the prompt provoked, in its order."""
    status: int | None = None
    """The HTTP status; None while not a byte was sent."""
    first_byte: float | None = None
    """When the first byte of the body was sent."""
    tokens: int = 0
    """How many tokens were sent."""
    finished: bool = False
    """Whether the finish reason was sent."""
    ended: float | None = None
    ended_by: Literal["client", "server"] | None = None
    """Who closed the connection first; None while it is open."""


class Record(Sequence[Entry]):
    """Every request so far, oldest first. Any thread may read it."""

    def __init__(self) -> None:
        self._entries: list[Entry] = []
        self._changed = threading.Condition()

    @overload
    def __getitem__(self, index: int) -> Entry: ...

    @overload
    def __getitem__(self, index: slice) -> list[Entry]: ...

    def __getitem__(self, index: int | slice) -> Entry | list[Entry]:
        with self._changed:
            return self._entries[index]

    def __len__(self) -> int:
        with self._changed:
            return len(self._entries)

    def add(self, entry: Entry) -> None:
        """Append `entry`, and wake whoever waits."""
        with self.change():
            self._entries.append(entry)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Hold the record while entries are changed, then wake whoever waits."""
        with self._changed:
            yield
            self._changed.notify_all()

    def wait_for(self, predicate: Callable[["Record"], T | None], timeout: float) -> T:
        """Block until `predicate(record)` is true and return what it returned.

        It may ask for an entry that is not there yet, such as `record[0].ended`: that is waited
        for. `timeout` is in seconds. Raises TimeoutError, which says what the record holds.
        """

        def attempt() -> T | None:
            try:
                return predicate(self)
            except IndexError:
                return None

        with self._changed:
            found = self._changed.wait_for(attempt, timeout)
            if not found:
                held = "\n".join(f"  {entry}" for entry in self._entries) or "  nothing"
                raise TimeoutError(f"not within {timeout} s; the record holds:\n{held}")
            return found

    def as_json(self) -> dict[str, Any]:
        """The record as plain data, with the present reading of the clock as `now`."""
        with self._changed:
            return {
                "now": time.monotonic(),
                "requests": [asdict(entry) for entry in self._entries],
            }
