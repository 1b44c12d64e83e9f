"""The SDK's client for one reply, and the reply as a stream of events."""

from collections.abc import Callable, Generator

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from chat.provider import request, upstream
from chat.provider.chunks import ChunkReader
from chat.provider.events import Event
from chat.provider.messages import Request
from chat.provider.response_stream import on_response


def open_client(on_request: Callable[[httpx2.Request], None]) -> openai.OpenAI:
    """A client that sends each request once and does not limit how long the model may be silent.

    By default the SDK sends a request again after a fault, and gives up after ten minutes.
    `on_request` is called before each request is sent. Raises `ProviderError` without a key, or if
    the proxy cannot be used.
    """
    return openai.OpenAI(
        api_key=upstream.key(),
        base_url=upstream.base_url(),
        max_retries=0,
        timeout=upstream.TIMEOUT,
        http_client=httpx2.Client(
            verify=upstream.TLS,
            proxy=upstream.proxy(),
            trust_env=False,
            event_hooks={"request": [on_request], "response": [on_response]},
        ),
    )


def stream(client: openai.OpenAI, asked: Request) -> Generator[list[Event]]:
    """The events of one reply, a list for each chunk. Raises what the SDK raises."""
    reader = ChunkReader()
    with _ask(client, asked) as chunks:
        for chunk in chunks:
            yield [*reader.read(chunk)]


def _ask(client: openai.OpenAI, asked: Request) -> openai.Stream[ChatCompletionChunk]:
    """Send the request, and again without a part of it if the server refuses that part."""
    params = request.build(client.base_url, asked)
    while True:
        try:
            return client.chat.completions.create(**params)
        except openai.APIStatusError as error:
            request.learn(error, client.base_url)
            refused, params = params, request.build(client.base_url, asked)
            if params == refused:
                raise
