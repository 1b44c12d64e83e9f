"""The record: each request the built-in model received, and how its connection ended."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, TypeVar, overload

from .contract import Call, Message, Result

T = TypeVar("T")


@dataclass
class Entry:
    """One request. Its fields change until `ended` is set.

    Times are in seconds, from `time.monotonic()`. That clock is system-wide, so other processes on
    this machine can compare them with their own readings. Headers and query are left out, because
    they hold the key.
    """

    path: str
    received: float = field(default_factory=time.monotonic)
    body: dict[str, Any] | None = None
    model: str = ""
    messages: list[Message] = field(default_factory=list)
    system: str = ""
    tools: list[str] = field(default_factory=list)
    """The names of the tools that the request offers."""
    results: list[Result] = field(default_factory=list)
    """The results of tools that the request ends in."""
    words: list[str] = field(default_factory=list)
    """The words of `script.WORDS` in the prompt, in the order of the prompt."""
    status: int | None = None
    """The HTTP status, or None before the response begins."""
    first_byte: float | None = None
    """The time at which the first byte of the body was sent."""
    last_byte: float | None = None
    """The time at which the last byte of the body was sent so far."""
    tokens: int = 0
    """How many tokens of text were sent."""
    planned: int | None = None
    """How many tokens of text the reply has if nothing ends it half-way."""
    thoughts: int = 0
    """How many tokens of reasoning were sent."""
    calls: list[Call] = field(default_factory=list)
    """The calls of tools that were sent whole."""
    call_bits: int = 0
    """How many bits of calls were sent, those of a call that is not whole yet included."""
    finished: bool = False
    """Whether the finish reason was sent."""
    ended: float | None = None
    ended_by: Literal["client", "server"] | None = None
    """Who closed the connection first, or None while it is open."""


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
        """Append `entry`, and wake all callers of `wait_for`."""
        with self.change():
            self._entries.append(entry)

    @contextmanager
    def change(self) -> Iterator[None]:
        """Lock the record while entries are changed, then wake all callers of `wait_for`."""
        with self._changed:
            yield
            self._changed.notify_all()

    def wait_for(
        self,
        predicate: Callable[["Record"], T | None],
        timeout: float,
        what: str = "the record holds what was awaited",
    ) -> T:
        """Block until `predicate(record)` returns a true value, and return that value.

        An IndexError of the predicate counts as false, so it may use an entry that is not there
        yet, such as `record[0].ended`. `timeout` is in seconds. Raises TimeoutError with `what`
        was to happen, and the content of the record.
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
                raise TimeoutError(
                    f"this did not happen within {timeout:g} s: {what}\nThe record holds:\n{held}"
                )
            return found

    def as_json(self) -> dict[str, Any]:
        """The record as JSON data. `now` is the current reading of the same clock."""
        with self._changed:
            return {
                "now": time.monotonic(),
                "requests": [asdict(entry) for entry in self._entries],
            }
