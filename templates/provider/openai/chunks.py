"""What the chunks of OpenAI's Chat Completions mean."""

from collections.abc import Iterator

from openai.types.chat import ChatCompletionChunk

from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Text, Usage

# Why a reply ends. Any other reason is "stop": some servers have words of their own.
FINISHES = {
    "length": Finish("length"),
    "content_filter": Finish("refused"),
    # Of vLLM and of routers, when the model gave up half-way: cut off.
    "abort": None,
    "error": None,
}


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def read(self, chunk: ChatCompletionChunk) -> Iterator[Event]:
        """The events in the next chunk. Raises `ProviderError` if it is malformed."""
        if not isinstance(chunk, ChatCompletionChunk):
            raise ProviderError("malformed", f"a chunk is a {type(chunk).__name__}")
        for choice in chunk.choices or ():
            if choice.delta and choice.delta.tool_calls:
                raise ProviderError("tool_call")
            if choice.delta and (text := choice.delta.content or choice.delta.refusal):
                yield Text(text)
            reason = choice.finish_reason
            if reason and (finish := FINISHES.get(reason, Finish("stop"))):
                yield finish
        if chunk.usage:
            yield Usage(chunk.usage.prompt_tokens, chunk.usage.completion_tokens)
