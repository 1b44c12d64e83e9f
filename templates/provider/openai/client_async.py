"""The SDK's client for one reply."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import httpx2
import openai
from openai.types.chat import ChatCompletionChunk

from chat.provider import provider, upstream
from chat.provider.events import Message


class Client(openai.AsyncOpenAI):
    """The SDK's client, which also gets on with servers that only resemble OpenAI's."""

    async def stream(self, messages: list[Message]) -> openai.AsyncStream[ChatCompletionChunk]:
        """Ask for a completion, chunk by chunk. Raises what the SDK raises."""
        create: Any = partial(self.chat.completions.create, stream=True)
        request = provider.request(self.base_url, messages)
        while True:
            try:
                stream: openai.AsyncStream[ChatCompletionChunk] = await create(**request)
            except openai.APIStatusError as error:
                provider.learn(error, self.base_url)
                refused, request = request, provider.request(self.base_url, messages)
                if request == refused:
                    raise
            else:
                return stream


def open_client(on_request: Callable[[httpx2.Request], Awaitable[None]]) -> Client:
    """A client that asks once and waits as long as the reply's own limit lets it.

    The SDK would send the request again after a fault, and give up only after ten minutes.
    `on_request` is awaited with each request before it is sent.
    Raises `ProviderError` without a key.
    """
    return Client(
        api_key=upstream.key(),
        base_url=upstream.base_url(),
        max_retries=0,
        timeout=upstream.TIMEOUT,
        http_client=httpx2.AsyncClient(verify=upstream.TLS, event_hooks={"request": [on_request]}),
    )
