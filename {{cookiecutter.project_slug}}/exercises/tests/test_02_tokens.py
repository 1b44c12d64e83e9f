"""Step 2: what arrives from the model goes to the page at once."""

from typing import Any

import pytest

from chat.models import Conversation, Reply
from chat.page.edits import EVERYTHING, Cursor, Edit
from chat.page.feed import Feed
from chat.page.growing import GrowingMarkdown
from exercises.tests.showing import shows
from fake_model.server import FakeModel
from tests.live_page import open_page

FIRST = Edit(0, "first", EVERYTHING)


class RecordingPage:
    """A page that keeps what is pushed to it."""

    def __init__(self) -> None:
        self.pushed: list[tuple[str, dict[str, Any]]] = []

    async def is_allowed(self) -> bool:
        return True

    async def push(self, event: str, payload: dict[str, Any]) -> None:
        self.pushed.append((event, payload))

    async def show_controls(self, last: Reply | None) -> None:
        pass


class Given(Cursor):
    """A cursor that gives out an edit once."""

    def __init__(self, edit: Edit | None = None) -> None:
        super().__init__(GrowingMarkdown())
        self.given = edit
        self.has_given = False

    def edit(self) -> Edit | None:
        assert not self.has_given, (
            "`edit()` was called twice: each call returns only what is new since the last one. "
            "Call it once, and keep what it returns."
        )
        self.has_given = True
        taken, self.given = self.given, None
        return taken


async def pushed(reply: Reply, edit: Edit, times: int = 1) -> list[tuple[str, dict[str, Any]]]:
    """What a feed pushes for `reply` if its cursor gives out `edit` once."""
    page, cursor = RecordingPage(), Given(edit)
    feed = Feed(page, Conversation(), None)
    feed._cursor = cursor
    for _ in range(times):
        cursor.has_given = False
        await feed._push_edits(reply)
    return page.pushed


def told(pushed: list[tuple[str, dict[str, Any]]], expected: object = "") -> str:
    """What the page was pushed, and should have been pushed, in words."""
    said = f"The page was pushed {pushed or 'nothing'}"
    return f"{said}, not {expected}." if expected else f"{said}."


async def test_what_is_new_is_pushed() -> None:
    """The edit of the cursor goes to the page in "chat:text", after the id of the reply."""
    found = await pushed(Reply(pk=7, text="Hello"), FIRST)
    expected = [("chat:text", {"edit": [7, 0, "first", -1]})]
    assert found == expected, told(found, expected)


async def test_nothing_is_sent_twice() -> None:
    """Nothing is pushed while nothing is new."""
    found = await pushed(Reply(pk=7, text="Hello"), FIRST, times=3)
    assert len(found) == 1, f"There was one edit in three calls. {told(found)}"


async def test_reasoning() -> None:
    """Of reasoning that grows, only what is new goes to the page in "chat:reasoning"."""
    page, reply = RecordingPage(), Reply(pk=7)
    feed = Feed(page, Conversation(), None)
    parts = ["Let ", "me see", "."]
    for part in parts:
        reply.reasoning += part
        # Nothing is new in the second call.
        for _ in range(2):
            feed._cursor = Given()
            await feed._push_edits(reply)
    expected = [("chat:reasoning", {"reply": 7, "text": part}) for part in parts]
    assert page.pushed == expected, f"It grew by {parts}. {told(page.pushed)}"


async def test_reasoning_and_text() -> None:
    """Both go to the page in one call, where both are new: reasoning first."""
    found = await pushed(Reply(pk=7, reasoning="Let me see.", text="Hello"), FIRST)
    assert [event for event, _ in found] == ["chat:reasoning", "chat:text"], told(found)


@pytest.mark.django_db(transaction=True)
async def test_text_is_there_before_the_end(model: FakeModel) -> None:
    """The page shows text while the model has not finished."""
    async with open_page() as page:
        await page.event("submit", prompt="/stall /long 20")
        await shows(page, "the text of a reply flows", lambda page: page.texts)
        assert page.status == "streaming", f"The reply is {page.status}."
        await page.event("stop")
