"""The SDK's client for one reply, and the reply as a stream of events."""

from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from typing import cast

import httpx2
from google import genai
from google.genai.types import GenerateContentResponse, HttpOptions

from chat.provider import request, upstream
from chat.provider.chunks import ChunkReader
from chat.provider.events import Event
from chat.provider.messages import Request
from chat.provider.response_stream import on_response


@asynccontextmanager
async def open_client(
    on_request: Callable[[httpx2.Request], Awaitable[None]],
) -> AsyncIterator[genai.Client]:
    """A client that sends each request once and does not limit how long the model may be silent.

    It is given an HTTP client: without one the SDK uses aiohttp where that is installed.
    `on_request` is awaited before each request is sent. Raises `ProviderError` without a key, or if
    the proxy cannot be used.
    """
    # The SDK does not close an HTTP client that it was given.
    async with httpx2.AsyncClient(
        verify=upstream.TLS,
        proxy=upstream.proxy(),
        trust_env=False,
        event_hooks={"request": [_limit, on_request], "response": [on_response, _raise_for_status]},
    ) as http:
        base_url, api_version = request.address()
        options = HttpOptions(
            base_url=base_url,
            api_version=api_version,
            httpx_async_client=http,
            # The SDK also makes the client that is not used: without a TLS context or a proxy of
            # its own.
            client_args={"verify": upstream.TLS, "trust_env": False},
            async_client_args={"ssl": upstream.TLS, "trust_env": False},
        )
        yield genai.Client(api_key=upstream.key(), vertexai=False, http_options=options)


async def stream(client: genai.Client, asked: Request) -> AsyncGenerator[list[Event]]:
    """The events of one reply, a list for each chunk. Raises what the SDK raises."""
    reader = ChunkReader(asked.model)
    # The SDK returns a generator. It sends the request when the first chunk is asked for, and goes
    # on waiting if it is dropped without being closed.
    responses = await client.aio.models.generate_content_stream(
        model=asked.model, contents=request.contents(asked), config=request.config(asked)
    )
    async with aclosing(cast(AsyncGenerator[GenerateContentResponse], responses)) as chunks:
        async for chunk in chunks:
            yield [*reader.read(chunk)]


async def _limit(http_request: httpx2.Request) -> None:
    """Put the time limit back: the SDK removes it from each request."""
    http_request.extensions["timeout"] = upstream.TIMEOUT.as_dict()


async def _raise_for_status(response: httpx2.Response) -> None:
    """Raise an exception for an error status: the SDK cannot read a page that is not UTF-8."""
    if response.status_code >= 300:
        await response.aread()
        raise httpx2.HTTPStatusError("", request=response.request, response=response)
