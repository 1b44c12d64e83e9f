"""A call ends at its time limit and when it is cancelled, whatever the function does."""

import asyncio
import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from chat.tools.tool import ToolError, tool
from tests.waiting import SOON, limit


class Hanging:
    """A plain function that hangs until the test lets it end."""

    def __init__(self) -> None:
        self.started = threading.Event()
        self.may_end = threading.Event()

    def run(self) -> str:
        self.started.set()
        self.may_end.wait()
        return "too late"


@pytest.fixture
def hanging() -> Iterator[Hanging]:
    hanging = Hanging()
    yield hanging
    hanging.may_end.set()
    for thread in tool_threads():
        thread.join(SOON)
    assert tool_threads() == []


def tool_threads() -> list[threading.Thread]:
    """The threads in which tools run."""
    return [thread for thread in threading.enumerate() if thread.name.startswith("tool ")]


async def test_a_plain_function_is_let_go_of_at_its_time_limit(hanging: Hanging) -> None:
    @tool(seconds=0.05)
    def hang() -> str:
        """Hang."""
        return hanging.run()

    async with limit("the call ends"):
        with pytest.raises(ToolError, match=r"did not end within 0\.05 seconds"):
            await hang.call("{}")
    (thread,) = tool_threads()
    assert thread.daemon


async def test_an_async_function_is_cancelled_at_its_time_limit() -> None:
    ended = asyncio.Event()

    @tool(seconds=0.05)
    async def hang() -> str:
        """Hang."""
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return ""

    async with limit("the call ends, and the function"):
        with pytest.raises(ToolError, match=r"did not end within 0\.05 seconds"):
            await hang.call("{}")
        await ended.wait()


async def test_an_async_function_that_goes_on_does_not_hold_up_the_reply() -> None:
    may_end, ended = asyncio.Event(), asyncio.Event()

    @tool(seconds=0.05)
    async def stubborn() -> str:
        """Hang."""
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            await may_end.wait()
        ended.set()
        return "too late"

    async with limit("the call ends"):
        with pytest.raises(ToolError, match="did not end"):
            await stubborn.call("{}")
    may_end.set()
    async with limit("the function ends"):
        await ended.wait()


async def test_cancelling_lets_go_of_a_plain_function(hanging: Hanging) -> None:
    @tool(seconds=SOON)
    def hang() -> str:
        """Hang."""
        return hanging.run()

    call = asyncio.create_task(hang.call("{}"))
    assert await asyncio.to_thread(hanging.started.wait, SOON)
    call.cancel()
    async with limit("the call ends"):
        with pytest.raises(asyncio.CancelledError):
            await call
    assert not hanging.may_end.is_set() and tool_threads()


async def test_functions_that_hang_use_up_no_pool(hanging: Hanging) -> None:
    @tool(seconds=0.05)
    def hang() -> str:
        """Hang."""
        return hanging.run()

    @tool
    def quick() -> str:
        """Answer."""
        return "here"

    calls = [hang.call("{}") for _ in range(40)]
    assert all(isinstance(each, ToolError) for each in await gather(*calls))
    assert len(tool_threads()) == 40
    assert await quick.call("{}") == "here"


async def gather(*calls: Any) -> list[Any]:
    return await asyncio.gather(*calls, return_exceptions=True)


async def test_cancelling_closes_the_request_of_an_async_function() -> None:
    asked, closed = asyncio.Event(), asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        asked.set()
        if await reader.read() == b"":
            closed.set()
        writer.close()

    @tool(seconds=SOON)
    async def fetch(port: int) -> str:
        """Fetch a page."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            writer.write(b"GET / HTTP/1.0\r\n\r\n")
            return (await reader.read()).decode()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        call = asyncio.create_task(fetch.call(json.dumps({"port": port})))
        async with limit("the server is asked"):
            await asked.wait()
        assert not closed.is_set()
        call.cancel()
        async with limit("the server sees the end of the connection"):
            await closed.wait()
        with pytest.raises(asyncio.CancelledError):
            await call
