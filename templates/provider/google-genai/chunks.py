"""What the chunks of Google's Gemini API mean."""

from collections.abc import Iterator

from google.genai.types import (
    FinishReason,
    GenerateContentResponse,
    GenerateContentResponseUsageMetadata,
)

from chat.provider import calls
from chat.provider.errors import ProviderError
from chat.provider.events import Call, Event, Finish, Reasoning, Text, Usage

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
    FinishReason.MISSING_THOUGHT_SIGNATURE,
    FinishReason.OTHER,
    FinishReason.TOO_MANY_TOOL_CALLS,
}


class ChunkReader:
    """Reads the chunks of one reply. What one chunk leaves for a later one is kept here."""

    def __init__(self, model: str) -> None:
        self._model = model
        self._calls: list[Call] = []
        self._has_text = False
        self._has_finished = False

    def read(self, chunk: GenerateContentResponse) -> Iterator[Event]:
        """The events in the next chunk.

        Raises `ProviderError` if the service stops a call of a tool that it was not told of.
        """
        for candidate in chunk.candidates or ():
            for part in (candidate.content and candidate.content.parts) or ():
                if part.text and part.thought:
                    yield Reasoning(part.text)
                elif part.text:
                    self._has_text = True
                    yield Text(part.text)
                elif call := calls.call(part, self._model):
                    self._calls.append(call)
            if candidate.finish_reason:
                yield from self._finish(candidate.finish_reason)
        if chunk.prompt_feedback and chunk.prompt_feedback.block_reason:
            yield Finish("refused")
        if usage := chunk.usage_metadata:
            yield Usage(
                _count_input(usage),
                self._count_output(usage),
                usage.cached_content_token_count,
                usage.thoughts_token_count,
            )

    def _finish(self, reason: FinishReason) -> Iterator[Event]:
        """Why the reply ends. Only a reply that was not cut short has whole calls."""
        self._has_finished = True
        if reason == FinishReason.UNEXPECTED_TOOL_CALL:
            raise ProviderError("tool_call")
        if reason in CUT_OFF:
            return
        finish = FINISHES.get(reason, Finish("refused"))
        if finish.reason == "stop":
            yield from self._calls
            self._calls.clear()
        yield finish

    def _count_output(self, usage: GenerateContentResponseUsageMetadata) -> int | None:
        """The tokens of thoughts and text. Chunks without a count of the text do not say."""
        thoughts, text = usage.thoughts_token_count, usage.candidates_token_count
        if text is None and (self._has_text or not self._has_finished):
            return None
        return (thoughts or 0) + (text or 0)


def _count_input(usage: GenerateContentResponseUsageMetadata) -> int | None:
    """The tokens of the prompt, and of the results of tools, which are counted apart."""
    if usage.prompt_token_count is None:
        return None
    return usage.prompt_token_count + (usage.tool_use_prompt_token_count or 0)
