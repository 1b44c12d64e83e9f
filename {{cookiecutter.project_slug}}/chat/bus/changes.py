"""Tells other processes that rows have changed, so that their pages look at them.

A change is of a `kind` of thing, such as a conversation, and names which one. The processes that
have a page open on it listen; the message says nothing more.
"""

from collections.abc import Callable

from chat.bus.bus import bus, name


def listen(kind: str, which: object, changed: Callable[[], None]) -> None:
    """Call `changed` at each change that another process tells, until `leave`.

    Also once changes are heard, and after a break: one may have been missed.
    """
    bus.listen(name(kind, which), lambda _: changed(), changed)


def leave(kind: str, which: object) -> None:
    bus.leave(name(kind, which))


def tell(kind: str, which: object) -> None:
    bus.send(name(kind, which), None)


async def listeners(kind: str, which: object) -> int:
    """How many other processes have a page open on a thing; 0 while Redis is away."""
    return await bus.listeners(name(kind, which))
