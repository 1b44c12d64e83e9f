"""What OpenAI's Chat Completions are asked, and what servers that resemble OpenAI's refuse."""

import json
from itertools import groupby
from operator import attrgetter

import httpx2
import openai
from django.conf import settings
from openai.types.chat import ChatCompletionMessageParam
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from chat.provider import upstream
from chat.provider.events import Message

# A part of the request, and the words in an error by which a server refuses it.
REFUSALS = {
    "stream_options": "stream_options",
    "max_tokens": "max_completion_tokens",
    "messages": "must alternate",
}
# What servers have refused: token counts, as Mistral's and `transformers serve` do; the older name
# of the limit, as OpenAI's own do behind another address, such as Azure's; or two prompts in a row,
# as vLLM and llama.cpp do for models such as Gemma.
_refused: set[tuple[httpx2.URL, str]] = set()


def build(base_url: httpx2.URL, messages: list[Message]) -> CompletionCreateParamsStreaming:
    """The request for one reply, without what the server at `base_url` has refused."""
    request: CompletionCreateParamsStreaming = {
        "model": upstream.model(),
        "messages": _messages(base_url, messages),
        "stream": True,
    }
    # Many servers that resemble OpenAI's ignore or refuse the newer name of the limit.
    if base_url.host == "api.openai.com" or (base_url, "max_tokens") in _refused:
        request["max_completion_tokens"] = settings.CHAT_MAX_OUTPUT_TOKENS
    else:
        request["max_tokens"] = settings.CHAT_MAX_OUTPUT_TOKENS
    if (base_url, "stream_options") not in _refused:
        request["stream_options"] = {"include_usage": True}
    return request


def learn(error: openai.APIStatusError, base_url: httpx2.URL) -> None:
    """Remember which part of the request a server has refused, so that `build` leaves it out.

    A server that refuses has not begun a reply, so the request may be sent once more.
    """
    # 500: llama.cpp, where the chat template of the model raised it.
    if error.status_code in (400, 422, 500):
        words = json.dumps(error.body)
        _refused.update((base_url, part) for part, word in REFUSALS.items() if word in words)


def _messages(base_url: httpx2.URL, messages: list[Message]) -> list[ChatCompletionMessageParam]:
    """The system prompt and the turns.

    Two prompts follow each other where a reply was stopped before its first word.
    """
    turns = [(message.role, message.text) for message in messages]
    if (base_url, "messages") in _refused:
        groups = groupby(messages, attrgetter("role"))
        turns = [(role, "\n\n".join(each.text for each in group)) for role, group in groups]
    built: list[ChatCompletionMessageParam] = []
    if settings.CHAT_SYSTEM_PROMPT:
        built.append({"role": "system", "content": settings.CHAT_SYSTEM_PROMPT})
    for role, text in turns:
        if role == "user":
            built.append({"role": "user", "content": text})
        else:
            built.append({"role": "assistant", "content": text})
    return built
