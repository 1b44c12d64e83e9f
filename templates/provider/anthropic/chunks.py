"""What the events in a stream of Anthropic's Messages mean. They are called chunks here."""

from collections.abc import Iterator
from typing import get_args

from anthropic.types import RawMessageStreamEvent

from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Text, Usage

# `anthropic.types.StopReason`. Any other reason is "stop".
FINISHES = {"max_tokens": Finish("length"), "refusal": Finish("refused")}
CHUNKS = get_args(get_args(RawMessageStreamEvent)[0])


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def read(self, chunk: RawMessageStreamEvent) -> Iterator[Event]:
        """The events in the next chunk. Raises `ProviderError` if it is malformed."""
        if not isinstance(chunk, CHUNKS):
            raise ProviderError("malformed", f"a chunk is a {type(chunk).__name__}")
        match chunk.type:
            case "message_start":
                usage = chunk.message.usage
                cached = usage.cache_creation_input_tokens or 0
                cached += usage.cache_read_input_tokens or 0
                yield Usage(usage.input_tokens + cached, usage.output_tokens)
            case "content_block_start" if chunk.content_block.type == "tool_use":
                raise ProviderError("tool_call")
            case "content_block_delta" if chunk.delta.type == "text_delta":
                yield Text(chunk.delta.text)
            case "message_delta":
                yield Usage(None, chunk.usage.output_tokens)
                if chunk.delta.stop_reason == "model_context_window_exceeded":
                    raise ProviderError("context_too_long")
                if chunk.delta.stop_reason:
                    yield FINISHES.get(chunk.delta.stop_reason, Finish("stop"))
