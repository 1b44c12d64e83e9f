"""The SDK's client for one reply, and the reply as a stream of events."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import cast

import httpx2
from google import genai
from google.genai.types import GenerateContentResponse, HttpOptions

from chat.provider import request, upstream
from chat.provider.chunks import ChunkReader
from chat.provider.events import Event, Message


@asynccontextmanager
async def open_client(
    on_request: Callable[[httpx2.Request], Awaitable[None]],
) -> AsyncIterator[genai.Client]:
    """A client that sends each request once and does not limit how long the model may be silent.

    It is given an HTTP client: without one the SDK uses aiohttp where that is installed.
    `on_request` is awaited before each request is sent. Raises `ProviderError` without a key.
    """
    hooks = {"request": [_limit, on_request]}
    # The SDK does not close an HTTP client that it was given.
    async with httpx2.AsyncClient(verify=upstream.TLS, event_hooks=hooks) as http:
        options = HttpOptions(
            base_url=upstream.base_url(),
            httpx_async_client=http,
            # The SDK also makes the client that is not used, and would make a TLS context for it.
            client_args={"verify": upstream.TLS},
            async_client_args={"ssl": upstream.TLS},
        )
        yield genai.Client(api_key=upstream.key(), vertexai=False, http_options=options)


async def stream(client: genai.Client, messages: list[Message]) -> AsyncGenerator[list[Event]]:
    """The events of one reply, a list for each chunk. Raises what the SDK raises."""
    reader = ChunkReader()
    # The SDK returns a generator. It sends the request when the first chunk is asked for, and goes
    # on waiting if it is dropped without being closed.
    responses = await client.aio.models.generate_content_stream(
        model=upstream.model(), contents=request.contents(messages), config=request.config()
    )
    async with aclosing(cast(AsyncGenerator[GenerateContentResponse], responses)) as chunks:
        async for chunk in chunks:
            yield [*reader.read(chunk)]


async def _limit(http_request: httpx2.Request) -> None:
    """Put the time limit back: the SDK removes it from each request."""
    http_request.extensions["timeout"] = upstream.TIMEOUT.as_dict()
