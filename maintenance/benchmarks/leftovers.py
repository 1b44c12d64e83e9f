"""What a server's process still holds after the work is done: `observed_asgi.held`, compared."""

import time

from model import PATIENCE_SECONDS
from server import Held, Server


def settled(at: Server, expected: Held | None = None) -> Held:
    """What the server's process holds once it is `expected`, or once two looks agree."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    before = at.held()
    while True:
        time.sleep(0.1)  # Between two looks.
        held = at.held()
        if held == (expected or before) or time.monotonic() > deadline:
            return held
        before = held


def left_behind(at: Server, before: Held) -> list[str]:
    """The threads, tasks and descriptors that the server holds and did not hold before."""
    held = settled(at, before)
    return [
        f"{number} more: {what} ({kind})"
        for kind, counts in held.items()
        for what, number in (counts - before[kind]).items()
    ]
