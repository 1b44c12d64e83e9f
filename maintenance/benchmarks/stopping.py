"""One Stop, in each state in which a person may press it."""

import time
from collections.abc import Callable
from typing import NamedTuple

from black_hole import BlackHole
from model import PATIENCE_SECONDS, Model
from page import Frame, Page
from projects import Project
from server import Server

HALF = 6


class Stop(NamedTuple):
    """Seconds from sending Stop until the connection ended, and until the page was told.

    `waited` is how long the server's loop meanwhile had no processor, for other programs' sake.
    """

    closed: float
    told: float
    waited: float


def flowing(page: Page, model: Model, number: int) -> None:
    """Tokens arrive, and the page shows them."""
    page.ask("/long 4000")
    for _ in range(1 + number % 5):
        page.wait_for("chat:text")


def silent_half_way(page: Page, model: Model, number: int) -> None:
    """Some tokens have arrived, and no more will."""
    page.ask(f"/stall /long {2 * HALF}")
    model.wait(number, "tokens", least=HALF)


def before_the_first_byte(page: Page, model: Model, number: int) -> None:
    """The model has read the request, and says nothing."""
    page.ask("/silent")
    model.wait(number, "words")


STATES: dict[str, Callable[[Page, Model, int], None]] = {
    "flowing": flowing,
    "silent half-way": silent_half_way,
    "before the first byte": before_the_first_byte,
}


def stop_once(
    at: Server, page: Page, model: Model, reach: Callable[[Page, Model, int], None]
) -> Stop:
    """Ask in a new conversation, reach a state, and stop."""
    number = model.count()
    page.new_chat()
    reach(page, model, number)
    waited = at.waiting_seconds()
    sent = page.send("stop")
    ended = model.wait(number, "ended")
    waited = at.waiting_seconds() - waited
    told = told_stopped(page)
    if (by := model.wait(number, "ended_by")) != "client":
        raise RuntimeError(f"request {number} was ended by the {by}")
    return Stop(ended - sent, told - sent, waited)


def told_stopped(page: Page) -> float:
    """Wait until the page is told that the reply was stopped, and return the time."""
    page.wait(tells_stopped)
    return time.monotonic()


def tells_stopped(frame: Frame) -> bool:
    """Whether a frame ends a reply, or brings a turn whose reply had ended before it was shown."""
    match frame:
        case {"event": "chat:end", "payload": {"status": status}}:
            return bool(status == "stopped")
        case {"event": "chat:turns", "payload": {"turns": [*_, [_, html]]}}:
            return 'data-status="stopped"' in html
    return False


def stop_connecting(at: Server, page: Page, hole: BlackHole, project: Project) -> Stop:
    """Ask, see the server connect, and stop.

    A thread goes on waiting for its connection, so there the end is what the page is told.
    """
    page.new_chat()
    others = hole.connecting()
    page.ask("Is anybody there?")
    wait_until(lambda: bool(hole.connecting() - others))
    mine = hole.connecting() - others
    waited = at.waiting_seconds()
    sent = page.send("stop")
    if project.cancellation == "async":
        wait_until(lambda: not mine & hole.connecting())
        closed = time.monotonic()
        told = told_stopped(page)
    else:
        closed = told = told_stopped(page)
    return Stop(closed - sent, told - sent, at.waiting_seconds() - waited)


def wait_until(is_so: Callable[[], bool]) -> None:
    """Look at what only the kernel knows, until it is so. Raises TimeoutError."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not is_so():
        if time.monotonic() > deadline:
            raise TimeoutError
        time.sleep(0.001)  # Between two looks, so that they do not take the server's processor.
