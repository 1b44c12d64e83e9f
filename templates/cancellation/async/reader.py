"""Read one reply from the model with the SDK's async client, in the task that iterates it.

The rule of Stop: after it, nothing is sent. Cancelling the task raises `CancelledError` at the
`await` where it waits, and no request is sent without one.
"""

from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, aclosing
from typing import Any

import httpx2

from chat.provider.client import open_client, stream
from chat.provider.events import Event, KeepAlive
from chat.provider.messages import Request
from chat.provider.sdk_errors import explain
from chat.provider.thoughts import Thoughts


class Connections(AsyncExitStack):
    """The connections that one reply's client has opened, all closed at the end of the block.

    The client closes its connections itself, except one that is cancelled in the middle of its TLS
    handshake: the client forgets it, and asyncio keeps it open for as long as the server does.
    """

    async def watch(self, request: httpx2.Request) -> None:
        """An `httpx2` request event hook: learn which connections are opened for `request`."""
        request.extensions["trace"] = self._trace

    async def _trace(self, event: str, info: dict[str, Any]) -> None:
        # https://www.encode.io/httpcore/extensions/#trace: the event returns a network stream.
        if event.endswith(".connect_tcp.complete"):
            self.push_async_callback(info["return_value"].aclose)


async def read_reply(request: Request) -> AsyncGenerator[Event]:
    """The events of one reply. Raises `ProviderError`.

    Cancelling the task that iterates closes the upstream connection at once, whatever the task is
    waiting for: the next token, the first byte, or the connection itself.
    """
    try:
        async with (
            Connections() as connections,
            open_client(connections.watch) as client,
            aclosing(stream(client, request)) as chunks,
        ):
            thoughts = Thoughts()
            async for events in chunks:
                # A chunk without an event still shows that the model is at work.
                for event in thoughts.split(events) or [KeepAlive()]:
                    yield event
            for event in thoughts.end():
                yield event
    except Exception as error:
        raise explain(error, request.model) from error
