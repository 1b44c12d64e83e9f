"""The SDK's client for one reply."""

from collections.abc import Callable, Generator, Iterator
from contextlib import closing, contextmanager
from typing import Any, cast

import httpx2
from google import genai
from google.genai.types import GenerateContentResponse, HttpOptions

from chat.provider import upstream

Responses = Generator[GenerateContentResponse]


class Client:
    """The SDK's client over an HTTP client of its own, which the SDK does not close."""

    def __init__(self, http: httpx2.Client) -> None:
        # The SDK makes a client of each kind, each with TLS of its own, unless it is given some.
        options = HttpOptions(
            base_url=upstream.base_url(),
            httpx_client=http,
            client_args={"verify": upstream.TLS},
            async_client_args={"ssl": upstream.TLS},
        )
        self._client = genai.Client(api_key=upstream.key(), vertexai=False, http_options=options)

    def stream(self, **request: Any) -> "closing[Responses]":
        """Ask for a reply, chunk by chunk. The request goes out with the first one."""
        responses = self._client.models.generate_content_stream(**request)
        # It is a generator, which goes on waiting if it is only dropped.
        return closing(cast(Responses, responses))


@contextmanager
def open_client(on_request: Callable[[httpx2.Request], None]) -> Iterator[Client]:
    """A client that asks once and waits as long as the reply's own limit lets it.

    `on_request` is called with each request before it is sent.
    Raises `ProviderError` without a key.
    """
    hooks = {"request": [_limit, on_request]}
    with httpx2.Client(verify=upstream.TLS, event_hooks=hooks) as http:
        yield Client(http)


def _limit(request: httpx2.Request) -> None:
    """Put back the time limit: the SDK asks for none with each request."""
    request.extensions["timeout"] = upstream.TIMEOUT.as_dict()
