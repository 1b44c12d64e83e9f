"""The SDK's client for one reply, and the reply as a stream of events."""

from collections.abc import AsyncGenerator, Awaitable, Callable

import anthropic
import httpx2

from chat.provider import request, upstream
from chat.provider.chunks import ChunkReader
from chat.provider.events import Event
from chat.provider.messages import Request
from chat.provider.response_stream import on_response


def open_client(
    on_request: Callable[[httpx2.Request], Awaitable[None]],
) -> anthropic.AsyncAnthropic:
    """A client that sends each request once and does not limit how long the model may be silent.

    By default the SDK sends a request again after a fault, and gives up after ten minutes.
    `on_request` is awaited before each request is sent. Raises `ProviderError` without a key, or if
    the proxy cannot be used.
    """
    return anthropic.AsyncAnthropic(
        api_key=upstream.key(),
        base_url=upstream.base_url(),
        max_retries=0,
        timeout=upstream.TIMEOUT,
        http_client=httpx2.AsyncClient(
            verify=upstream.TLS,
            proxy=upstream.proxy(),
            trust_env=False,
            event_hooks={"request": [on_request], "response": [on_response]},
        ),
    )


async def stream(client: anthropic.AsyncAnthropic, asked: Request) -> AsyncGenerator[list[Event]]:
    """The events of one reply, a list for each chunk. Raises what the SDK raises."""
    reader = ChunkReader(asked.model)
    async with await client.messages.create(**request.build(asked)) as chunks:
        async for chunk in chunks:
            yield [*reader.read(chunk)]
