"""What a call of a tool tells of an error, and what a function finds in its thread."""

import asyncio
import contextvars
import threading
from typing import Any

import pytest
from django.db import connections

from chat.models import Conversation
from chat.tools.tool import MAX_CHARS, ToolError, tool
from tests.waiting import until

WHO: contextvars.ContextVar[str] = contextvars.ContextVar("WHO")


@pytest.mark.parametrize(
    "kind", [ValueError, TimeoutError, SystemExit, KeyboardInterrupt, BaseException, StopIteration]
)
async def test_of_an_exception_only_its_name_is_told(
    kind: type[BaseException], caplog: pytest.LogCaptureFixture
) -> None:
    @tool
    def plain() -> str:
        """Fail."""
        raise kind("a secret")

    @tool
    async def later() -> str:
        """Fail."""
        raise kind("a secret")

    for failing in (plain, later):
        with pytest.raises(ToolError) as told:
            await failing.call("{}")
        # Python turns a StopIteration in a coroutine into a RuntimeError.
        is_turned = failing is later and kind is StopIteration
        name = "RuntimeError" if is_turned else kind.__name__
        assert told.value.text == f"The tool raised {name}."
        assert f"The tool {failing.name} raised an exception" in caplog.text
        assert f"in {failing.name}\n" in caplog.text


async def test_a_tool_says_something_by_tool_error(caplog: pytest.LogCaptureFixture) -> None:
    @tool
    def plain() -> str:
        """Fail."""
        raise ToolError("There is no such city. " * MAX_CHARS)

    @tool
    async def later() -> str:
        """Fail."""
        raise ToolError("There is no such city.")

    with pytest.raises(ToolError, match=r"^There is no such city\. ") as told:
        await plain.call("{}")
    assert len(told.value.text) == MAX_CHARS
    with pytest.raises(ToolError, match=r"^There is no such city\.$"):
        await later.call("{}")
    assert caplog.text == ""
    assert ToolError(" ").text == "The tool failed."


async def test_a_result_without_json_is_an_error() -> None:
    @tool
    def give() -> object:
        """Give."""
        return object()

    with pytest.raises(ToolError, match="PydanticSerializationError"):
        await give.call("{}")


async def test_a_tool_that_cancels_itself_does_not_cancel_the_reply() -> None:
    @tool
    async def cancel() -> str:
        """Cancel."""
        raise asyncio.CancelledError

    @tool
    def plain() -> str:
        """Cancel."""
        raise asyncio.CancelledError

    for cancelling in (cancel, plain):
        with pytest.raises(ToolError, match="CancelledError"):
            await cancelling.call("{}")


async def test_a_thread_has_the_context_of_its_caller() -> None:
    @tool
    def who() -> str:
        """Say who."""
        return f"{WHO.get()} in {threading.current_thread().name}"

    WHO.set("Ada")
    assert await who.call("{}") == "Ada in tool who"


@pytest.mark.django_db(transaction=True)
async def test_the_connection_of_a_thread_is_closed() -> None:
    used: list[Any] = []

    @tool
    def count() -> int:
        """Count."""
        found = Conversation.objects.count()
        used.append(connections["default"])
        assert used[0].connection is not None
        return found

    assert await count.call("{}") == "0"
    await until("the connection is closed", lambda: used[0].connection is None, lambda: used[0])
