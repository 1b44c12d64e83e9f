"""Counts what a reply uses: tokens, requests and seconds, over all its responses."""

import logging
import math
import time
from typing import Any

from django.conf import settings

from chat.models import Reply
from chat.provider import names
from chat.provider.events import Call, Event, Reasoning, Text, Usage

logger = logging.getLogger("chat")

COUNTS = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens")
# The columns of a reply that are written here.
FIELDS = (*COUNTS, "estimated_output_tokens", "rounds", "first_token_seconds", "seconds")
# Of English text. Code has fewer, Chinese about one.
CHARACTERS_PER_TOKEN = 4
MAXIMUM_TOKENS = 2**31 - 1


class Response:
    """What the provider has counted of one response, and how many characters have arrived."""

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.characters = 0


class Tally:
    """What one reply has used. A reply that waited for the user goes on from its row."""

    def __init__(self) -> None:
        self._started = time.monotonic()
        self._first_token: float | None = None
        self._responses: list[Response] = []
        self._before = Reply()

    def load(self, reply: Reply) -> None:
        """Take in the row of the reply: what it had used before it was begun here."""
        for name in FIELDS:
            setattr(self._before, name, getattr(reply, name))

    def begin_response(self) -> None:
        self._responses.append(Response())

    def see(self, event: Event) -> None:
        """Take in an event of the response that was begun last."""
        match event:
            case Text(text) | Reasoning(text):
                self._see_characters(len(text))
            case Call(arguments=arguments):
                self._see_characters(len(arguments))
            case Usage():
                self._count(event)

    def write_to(self, reply: Reply) -> None:
        """Set the columns of `reply`, while it streams and at its end."""
        before = self._before
        reply.seconds = (before.seconds or 0.0) + self._seconds
        reply.first_token_seconds = before.first_token_seconds or self._first_token
        if reply.is_from_cache:
            reply.rounds = reply.input_tokens = reply.output_tokens = 0
            return
        reply.rounds = before.rounds + len(self._responses)
        for name in COUNTS:
            numbers = [response.counts.get(name) for response in self._responses]
            setattr(reply, name, _sum([*self._counted(name), *numbers]))
        reply.estimated_output_tokens = None
        if reply.output_tokens is None:
            outputs = [_about(response) for response in self._responses]
            earlier = [before.output_tokens or before.estimated_output_tokens or 0]
            reply.estimated_output_tokens = min(sum(earlier + outputs), MAXIMUM_TOKENS) or None

    def _counted(self, name: str) -> list[int | None]:
        """A count of the responses before this reply was resumed."""
        return [getattr(self._before, name)] if self._before.rounds else []

    @property
    def _seconds(self) -> float:
        return time.monotonic() - self._started

    def _see_characters(self, number: int) -> None:
        if number and self._first_token is None:
            self._first_token = self._seconds
        self._responses[-1].characters += number

    def _count(self, usage: Usage) -> None:
        """Take in what the provider counted. A later number replaces an earlier one."""
        for name in COUNTS:
            number = getattr(usage, name)
            # Some servers send 0 or -1 for "not counted", and no column holds any integer.
            if isinstance(number, int) and 0 < number <= MAXIMUM_TOKENS:
                self._responses[-1].counts[name] = number


def _sum(numbers: list[int | None]) -> int | None:
    """The sum. One that is unknown makes it unknown, too."""
    known = [number for number in numbers if number is not None]
    whole = sum(known) if known and len(known) == len(numbers) else None
    return whole if whole is not None and whole <= MAXIMUM_TOKENS else None


def _about(response: Response) -> int:
    """The output tokens that the provider has counted, or else an estimate."""
    counted = response.counts.get("output_tokens")
    return counted or math.ceil(response.characters / CHARACTERS_PER_TOKEN)


def forget(reply: Reply) -> None:
    """Leave out the counts of a reply whose row the database did not take."""
    for name in (*COUNTS, "estimated_output_tokens"):
        setattr(reply, name, None)


def log(reply: Reply) -> None:
    """Write one line for a reply that has ended, without what was said.

    A reply that waits for Allow or Deny has not ended.
    """
    if reply.status == Reply.Status.STREAMING:
        return
    first = reply.first_token_seconds
    logger.info(
        "reply %s %s: first token %s, whole %.3f s, tokens in %s, out %s",
        reply.pk,
        reply.status,
        "none" if first is None else f"{first:.3f} s",
        reply.seconds or 0.0,
        "unknown" if reply.input_tokens is None else reply.input_tokens,
        "unknown" if reply.output_tokens is None else reply.output_tokens,
        extra={"attributes": attributes(reply)},
    )


def attributes(reply: Reply) -> dict[str, Any]:
    """What the log as JSON says of a reply; times in seconds. What is unknown is left out.

    The names that begin with gen_ai are OpenTelemetry's:
    https://opentelemetry.io/docs/specs/semconv/gen-ai/
    """
    values = {
        "chat.reply.id": reply.pk,
        "chat.reply.status": str(reply.status),
        "chat.reply.rounds": reply.rounds,
        "chat.reply.from_cache": reply.is_from_cache,
        "gen_ai.operation.name": "chat",
        "gen_ai.provider.name": names.OPEN_TELEMETRY_NAME,
        "gen_ai.conversation.id": str(reply.conversation_id),
        "gen_ai.request.model": reply.model,
        "gen_ai.request.max_tokens": settings.CHAT_MAX_OUTPUT_TOKENS,
        "gen_ai.request.stream": True,
        "gen_ai.response.time_to_first_chunk": reply.first_token_seconds,
        "gen_ai.client.operation.duration": reply.seconds,
        "gen_ai.usage.input_tokens": reply.input_tokens,
        "gen_ai.usage.output_tokens": reply.output_tokens,
        "gen_ai.usage.cache_read.input_tokens": reply.cached_tokens,
        "gen_ai.usage.reasoning.output_tokens": reply.reasoning_tokens,
    }
    return {name: value for name, value in values.items() if value is not None}
