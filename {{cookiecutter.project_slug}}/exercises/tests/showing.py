"""Waits until a page shows something, and says in a sentence what it shows instead."""

from collections.abc import Callable
from typing import Any

import pytest

from chat import error_messages
from tests.live_page import Page

# What the page may say of a prompt or a reply.
SAID = [text for text in vars(error_messages).values() if isinstance(text, str) and " " in text]


async def shows(page: Page, what: str, seen: Callable[[Page], Any], *, advice: str = "") -> None:
    """Wait until `seen` is true of a page.

    Fails with a sentence that says `what` the page should show, and what it shows instead, and with
    `advice`.
    """
    await _wait(page, f"The page should show that {what}. {advice}".rstrip(), seen)


async def shows_refusal(page: Page, sentence: str) -> None:
    """Wait until the page says why it has refused something, or fail with a sentence."""
    await _wait(page, f'The page should say "{sentence}"', lambda page: sentence in page.controls)


async def _wait(page: Page, missing: str, seen: Callable[[Page], Any]) -> None:
    try:
        await page.until(seen)
    except TypeError as error:
        pytest.fail(f"A push event has another payload than the page expects: {error}")
    except TimeoutError:
        pytest.fail(f"{missing} {state(page)}")


async def has_handled_all(page: Page) -> None:
    """Wait until the events before are handled: djust handles them in turn."""
    await page.event("submit", prompt=" ")
    await shows_refusal(page, error_messages.EMPTY)


def ended(page: Page) -> bool:
    """Whether the last reply has ended, in whatever way."""
    return page.status not in ("", "streaming")


def state(page: Page) -> str:
    """A sentence or two: the last reply of a page, and the last message on it."""
    said = [text for text in SAID if text in page.controls]
    message = f' It says: "{max(said, key=page.controls.rfind)}"' if said else ""
    if not page.status:
        return f"It shows no reply.{message}"
    text = "has some text" if page.texts else "has no text"
    return f"Its last reply is {page.status}, and {text}.{message}"
