"""Read one reply from the model with the SDK's async client, in the task that iterates it."""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack
from typing import Any

import httpx2

from chat.provider import provider
from chat.provider.client import open_client
from chat.provider.events import Event, Message, Unshown


class Connections(AsyncExitStack):
    """The connections that one reply's client has opened, all closed at the end of the block.

    The client closes them itself, but for one: it forgets a connection when it is cancelled in the
    middle of a TLS handshake, and asyncio then keeps it open for as long as the server does.
    """

    async def watch(self, request: httpx2.Request) -> None:
        """Learn of what is opened for a request: an `httpx2` request event hook."""
        request.extensions["trace"] = self._trace

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        # https://www.encode.io/httpcore/extensions/#trace: it returns a network stream.
        if event.endswith(".connect_tcp.complete"):
            self.push_async_callback(info["return_value"].aclose)


async def read_reply(messages: list[Message]) -> AsyncGenerator[Event]:
    """The events of one reply. Raises `ProviderError`.

    Cancelling the task that iterates closes the upstream connection at once, whatever it is
    waiting for: the next token, the first byte, or the connection itself.
    """
    try:
        async with (
            Connections() as connections,
            open_client(connections.watch) as client,
            await provider.ask(client, messages) as stream,
        ):
            async for chunk in stream:
                for event in [*provider.read(chunk)] or [Unshown()]:
                    yield event
    except Exception as error:
        raise provider.explain(error) from error
