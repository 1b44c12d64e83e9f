"""What the chunks of Google's Gemini API mean."""

from collections.abc import Iterator

from google.genai.types import FinishReason, GenerateContentResponse

from chat.provider.errors import ProviderError
from chat.provider.events import Event, Finish, Text, Usage

FINISHES = {
    FinishReason.STOP: Finish("stop"),
    FinishReason.MAX_TOKENS: Finish("length"),
    FinishReason.CONTINUATION: Finish("length"),
}
# The model gave up half-way. With any reason that is not named here a filter ended the reply.
CUT_OFF = {
    FinishReason.FINISH_REASON_UNSPECIFIED,
    FinishReason.MALFORMED_FUNCTION_CALL,
    FinishReason.MALFORMED_RESPONSE,
    FinishReason.OTHER,
}


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def read(self, chunk: GenerateContentResponse) -> Iterator[Event]:
        """The events in the next chunk. Raises `ProviderError` if the model calls a tool."""
        for candidate in chunk.candidates or ():
            parts = (candidate.content and candidate.content.parts) or ()
            unexpected = candidate.finish_reason == FinishReason.UNEXPECTED_TOOL_CALL
            if unexpected or any(part.function_call for part in parts):
                raise ProviderError("tool_call")
            yield from (Text(part.text) for part in parts if part.text and not part.thought)
            if candidate.finish_reason and candidate.finish_reason not in CUT_OFF:
                yield FINISHES.get(candidate.finish_reason, Finish("refused"))
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            yield Finish("refused")
        if usage := chunk.usage_metadata:
            output = (usage.candidates_token_count or 0) + (usage.thoughts_token_count or 0)
            yield Usage(usage.prompt_token_count, output)
