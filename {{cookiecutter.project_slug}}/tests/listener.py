"""Listen to one reply, as the chat does, and keep what was heard."""

import asyncio
from contextlib import aclosing
from dataclasses import dataclass, field

from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Message, Text, Usage
from chat.provider.reader import read_reply
from tests.conftest import SOON


@dataclass
class Heard:
    """What came of a reply until it ended, or until the task that listens was cancelled."""

    events: list[Event] = field(default_factory=list)
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return "".join(event.text for event in self.events if isinstance(event, Text))

    @property
    def finish(self) -> str | None:
        return next((event.reason for event in self.events if isinstance(event, Finish)), None)

    @property
    def usage(self) -> tuple[int | None, int | None]:
        """Tokens in and out, as a later number replaces an earlier one."""
        tokens: tuple[int | None, int | None] = (None, None)
        for event in self.events:
            if isinstance(event, Usage):
                new = (event.input_tokens, event.output_tokens)
                tokens = (tokens[0] if new[0] is None else new[0], new[1] or tokens[1])
        return tokens


async def listen(*prompts: str, heard: Heard | None = None) -> Heard:
    """Ask the last of `prompts`, after a history of the others, and hear the reply to its end.

    Every other one is a reply; a blank one is left out, as the chat does.
    """
    heard = heard or Heard()
    messages = [
        Message("assistant" if (len(prompts) - number) % 2 == 0 else "user", prompt)
        for number, prompt in enumerate(prompts)
        if prompt
    ]
    try:
        # No test waits as long; without a limit a fault could hang it for ever.
        async with asyncio.timeout(SOON), aclosing(read_reply(messages)) as events:
            async for event in events:
                heard.events.append(event)
    except ProviderError as error:
        heard.error = error
    return heard
