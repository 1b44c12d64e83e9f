"""What the events in a stream of Anthropic's Messages mean. They are called chunks here."""

from collections.abc import Iterator
from typing import Any

from anthropic.types import RawMessageStreamEvent

from chat.provider.calls import CallReader
from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Reasoning, Text, Usage
from chat.provider.loose import count, each, get, text

# `anthropic.types.StopReason`. Any other reason is "stop".
FINISHES = {"max_tokens": Finish("length"), "refusal": Finish("refused")}
INPUT_COUNTS = ("input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens")


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def __init__(self, model: str) -> None:
        self._input: dict[str, int] = {}  # tokens by the name of their count
        self._calls = CallReader(model)

    def read(self, chunk: RawMessageStreamEvent) -> Iterator[Event]:
        """The events in the next chunk. Raises `ProviderError` if the reply cannot go on."""
        match get(chunk, "type"):
            case "message_start":
                # Its output tokens are those of the first piece, not of the reply.
                usage = get(get(chunk, "message"), "usage")
                yield Usage(self._count_input(usage), None, _cached(usage))
            case "message":
                # A reply in one piece.
                for block in each(get(chunk, "content")):
                    self._calls.begin(None, block)
                    yield from _block(block)
                yield self._usage(chunk)
                yield from self._finish(get(chunk, "stop_reason"))
            case "content_block_start":
                self._calls.begin(get(chunk, "index"), get(chunk, "content_block"))
                yield from _block(get(chunk, "content_block"))
            case "content_block_delta":
                delta = get(chunk, "delta")
                if get(delta, "type") != "text_delta":
                    self._calls.add(get(chunk, "index"), delta)
                yield from _block(delta)
            case "message_delta":
                yield self._usage(chunk)
                yield from self._finish(get(get(chunk, "delta"), "stop_reason"))

    def _usage(self, chunk: Any) -> Usage:
        usage = get(chunk, "usage")
        return Usage(
            self._count_input(usage),
            count(get(usage, "output_tokens")),
            _cached(usage),
            count(get(get(usage, "output_tokens_details"), "thinking_tokens")),
        )

    def _count_input(self, usage: Any) -> int | None:
        """All input tokens. A later count replaces an earlier one; None: not counted yet."""
        for name in INPUT_COUNTS:
            number = count(get(usage, name))
            # Some servers fill in 0 for what they do not count, or not yet.
            if number is not None and number > 0:
                self._input[name] = number
        return sum(self._input.values()) or None

    def _finish(self, reason: Any) -> Iterator[Event]:
        """Why the reply ends. Only a reply that was not cut short has whole calls."""
        if reason == "model_context_window_exceeded":
            raise ProviderError("context_too_long")
        if reason and isinstance(reason, str):
            finish = FINISHES.get(reason, Finish("stop"))
            if finish.reason == "stop":
                yield from self._calls.take()
            yield finish


def _cached(usage: Any) -> int | None:
    return count(get(usage, "cache_read_input_tokens"))


def _block(block: Any) -> Iterator[Event]:
    """The events in a content block, or in a delta of one."""
    match get(block, "type"):
        case "thinking":
            yield Reasoning("\n\n")  # between it and an earlier block
            yield Reasoning(text(get(block, "thinking")))
        case "thinking_delta":
            yield Reasoning(text(get(block, "thinking")))
        case "text" | "text_delta" | None:
            yield Text(text(get(block, "text")))
