"""How long tests wait for what is to happen, and what they say if it does not happen.

`TEST_WAIT_SECONDS` sets the wait. It is short by default, so that a broken Stop fails in seconds,
and long in CI, whose machines are busy.
"""

import asyncio
import inspect
import os
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, TypeVar

T = TypeVar("T")

SOON = float(os.environ.get("TEST_WAIT_SECONDS") or (60 if os.environ.get("CI") else 10))
"""Seconds: the limit for what happens at once."""


def failure(what: str, seen: object, seconds: float = SOON) -> str:
    """The message of a test that has waited in vain for `what`, and has `seen` something else."""
    return f"this did not happen within {seconds:g} s: {what}\nSeen instead: {seen}"


def source(predicate: Callable[..., Any]) -> str:
    """The code of a predicate, as a description of what it waits for."""
    return " ".join(inspect.getsource(predicate).split())


async def until(what: str, holds: Callable[[], T], seen: Callable[[], object]) -> T:
    """Wait until `holds()` returns a true value, and return it.

    Raises TimeoutError with `what` was to happen and what was `seen`.
    """
    deadline = time.monotonic() + SOON
    while not (value := holds()):
        if time.monotonic() > deadline:
            raise TimeoutError(failure(what, seen()))
        await asyncio.sleep(0.005)
    return value


@asynccontextmanager
async def limit(
    what: str, seen: Callable[[], object] = lambda: "nothing", seconds: float = SOON
) -> AsyncIterator[None]:
    """Cancel the block after `seconds`.

    Raises TimeoutError with `what` was to happen in the block, and what was `seen`.
    """
    try:
        async with asyncio.timeout(seconds) as timeout:
            yield
    except TimeoutError as error:
        if timeout.expired():
            raise TimeoutError(failure(what, seen(), seconds)) from error
        raise
