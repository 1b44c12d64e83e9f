"""What the chunks of OpenAI's Chat Completions mean."""

from collections.abc import Iterator
from typing import Any

from openai.types.chat import ChatCompletionChunk

from chat.provider.calls import CallReader
from chat.provider.events import Event, Finish, Reasoning, Text, Usage
from chat.provider.loose import count, each, get, text
from chat.provider.streamed_error import StreamedError

# Why a reply ends. Any other reason is "stop": some servers have words of their own.
FINISHES = {
    "length": Finish("length"),
    "content_filter": Finish("refused"),
    # Of vLLM and of routers, when the model gave up half-way: cut off.
    "abort": None,
    "error": None,
    # Of some gateways, in each chunk.
    "null": None,
}
# Where servers put the words of the reasoning: DeepSeek and vLLM, OpenRouter and Ollama, Mistral.
REASONING_FIELDS = ("reasoning_content", "reasoning", "thinking")
COUNTS = ("prompt_tokens", "completion_tokens")


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def __init__(self) -> None:
        self._calls = CallReader()

    def read(self, chunk: ChatCompletionChunk) -> Iterator[Event]:
        """The events in the next chunk. Raises `StreamedError`."""
        for choice in each(get(chunk, "choices")):
            # A reply in one piece has a message.
            delta = get(choice, "delta") or get(choice, "message")
            self._calls.read(delta)
            yield from self._events(delta)
            yield from self._finish(choice)
        if usage := get(chunk, "usage"):
            yield _usage(usage)

    def _events(self, delta: Any) -> Iterator[Event]:
        """The reasoning and the text in a delta."""
        # The SDK's model has no field for it, and most chunks have none besides.
        if others := delta if isinstance(delta, dict) else get(delta, "model_extra"):
            self._calls.keep(others)
            # Some servers send the same words in two of the fields.
            fields = (_words(get(others, name)) for name in REASONING_FIELDS)
            yield Reasoning(next(filter(None, fields), ""))
        for part in each(get(delta, "content") or get(delta, "refusal")):
            is_thought = get(part, "type") in REASONING_FIELDS
            yield Reasoning(_words(part)) if is_thought else Text(text(part))

    def _finish(self, choice: Any) -> Iterator[Event]:
        """Why the reply ends. Only a reply that was not cut short has whole calls."""
        reason = get(choice, "finish_reason")
        if not reason or not isinstance(reason, str):
            return
        if reason == "error" and (error := get(choice, "error")):
            # Of OpenRouter, where the server behind it failed.
            raise StreamedError(error)
        finish = FINISHES.get(reason, Finish("stop"))
        if finish and finish.reason == "stop":
            yield from self._calls.take()
        if finish:
            yield finish


def _usage(usage: Any) -> Usage:
    """What was counted. The details are absent on many servers, and then not known."""
    prompt, completion = (get(usage, f"{name}_details") for name in COUNTS)
    return Usage(
        count(get(usage, COUNTS[0])),
        count(get(usage, COUNTS[1])),
        count(get(prompt, "cached_tokens")),
        count(get(completion, "reasoning_tokens")),
    )


def _words(value: Any) -> str:
    """The words of reasoning: a string, an object that holds them, or a list of those."""
    match value:
        case None:
            return ""
        case str():
            return value
        case list():
            return "".join(map(_words, value))
    fields = (_words(get(value, name)) for name in ("text", *REASONING_FIELDS))
    return next(filter(None, fields), "")
