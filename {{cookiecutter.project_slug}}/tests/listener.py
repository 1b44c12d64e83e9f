"""Listen to one reply, as the chat does, and keep what was heard."""

from contextlib import aclosing
from dataclasses import dataclass, field

import pytest

from chat.provider.errors import ProviderError
from chat.provider.events import Call, Event, Finish, Reasoning, Text, TextWasReasoning, Usage
from chat.provider.messages import Message, Request
from chat.provider.reader import read_reply
from tests.conftest import point_at
from tests.upstreams import Answer, scripted
from tests.waiting import limit


@dataclass
class Heard:
    """What came of a reply until it ended, or until the task that listens was cancelled."""

    events: list[Event] = field(default_factory=list)
    error: ProviderError | None = None

    @property
    def text(self) -> str:
        return self._words()[1]

    @property
    def reasoning(self) -> str:
        return self._words()[0]

    @property
    def calls(self) -> list[Call]:
        return [event for event in self.events if isinstance(event, Call)]

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

    def _words(self) -> tuple[str, str]:
        """The reasoning and the text."""
        reasoning, text = "", ""
        for event in self.events:
            match event:
                case Reasoning():
                    reasoning += event.text
                case Text():
                    text += event.text
                case TextWasReasoning():
                    reasoning, text = reasoning + text, ""
        return reasoning, text


async def listen(*prompts: str | Request, heard: Heard | None = None) -> Heard:
    """Ask the last of `prompts`, after a history of the others, and hear the reply to its end.

    Every other one is a reply; a blank one is left out, as the chat does. A `Request` is sent as it
    is.
    """
    heard = heard or Heard()
    request = prompts[0] if isinstance(prompts[0], Request) else Request(messages(*prompts))
    try:
        async with (
            limit("the reply ends", lambda: heard),
            aclosing(read_reply(request)) as events,
        ):
            async for event in events:
                heard.events.append(event)
    except ProviderError as error:
        heard.error = error
    return heard


def messages(*prompts: str | Request) -> list[Message]:
    """The messages with these texts, of which the last one is a prompt."""
    return [
        Message("assistant" if (len(prompts) - number) % 2 == 0 else "user", str(prompt))
        for number, prompt in enumerate(prompts)
        if prompt
    ]


async def hear_error(answer: Answer, monkeypatch: pytest.MonkeyPatch) -> ProviderError:
    """The error that the chat makes of `answer`. Fails if it makes none."""
    with scripted(answer) as server:
        point_at(server.address, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    return heard.error
