"""Read one reply from the model with the SDK's async client, in the task that iterates it."""

from collections.abc import AsyncGenerator

from chat import provider
from chat.client import open_client
from chat.types import Event, Message


async def read_reply(messages: list[Message]) -> AsyncGenerator[Event]:
    """The events of one reply. Raises `ProviderError`.

    Cancelling the task that iterates closes the upstream connection at once, whatever it is
    waiting for: the next token, the first byte, or the connection itself.
    """
    try:
        async with open_client() as client, await provider.ask(client, messages) as stream:
            async for chunk in stream:
                for event in provider.read(chunk):
                    yield event
    except Exception as error:
        raise provider.explain(error) from error
