"""How OpenAI's Chat Completions API looks on the wire.

Sources: `openai.types.chat.ChatCompletionChunk` for the stream, `openai.types.shared.ErrorObject`
and `openai._exceptions` for errors.
"""

import json
import time
import uuid
from typing import Any

from . import prose
from .contract import Call, Failure, FailureKind, FinishReason, Request
from .reading import read as read

KEY_VARIABLE = "OPENAI_API_KEY"
BASE_URL_VARIABLE = "OPENAI_BASE_URL"
BASE_PATH = "/v1"

_PATH = f"{BASE_PATH}/chat/completions"

_FINISH_REASONS: dict[FinishReason, str] = {
    "stop": "stop",
    "length": "length",
    "refusal": "content_filter",
    "tool": "tool_calls",
}

_SERVER_FAULT = "The server had an error while processing your request. Sorry about that!"


def route(method: str, path: str) -> bool:
    """Whether a chat completion is asked for."""
    return (method, path) == ("POST", _PATH)


def example(prompt: str) -> tuple[str, dict[str, Any]]:
    """A request that asks `prompt`."""
    message = {"role": "user", "content": prompt}
    return _PATH, {"model": "gpt-5.4-mini", "messages": [message], "stream": True}


def stream(request: Request, input_tokens: int, cached_tokens: int = 0) -> "ChunkStream":
    """The wire format of one reply."""
    return ChunkStream(request, input_tokens, cached_tokens)


class ChunkStream:
    """Server-sent events, each a `chat.completion.chunk`, and `[DONE]` as the last."""

    def __init__(self, request: Request, input_tokens: int, cached_tokens: int) -> None:
        self._input_tokens = input_tokens
        self._cached_tokens = cached_tokens
        self._output_tokens = 0
        self._thoughts = 0
        self._calls = 0
        options = request.body.get("stream_options") or {}
        self._usage_wanted = bool(options.get("include_usage"))
        self._common = {
            "id": f"chatcmpl-{uuid.uuid4().hex}",
            "object": "chat.completion.chunk",
            "created": int(time.time()),
            "model": request.model,
            "service_tier": "default",
            "system_fingerprint": None,
        }

    def begin(self) -> bytes:
        """The role, with no text yet."""
        return self._choice({"role": "assistant", "content": "", "refusal": None}, None)

    def thought(self, text: str) -> bytes:
        """One token, where DeepSeek, vLLM and llama.cpp put it: OpenAI sends no reasoning."""
        self._output_tokens += 1
        self._thoughts += 1
        return self._choice({"reasoning_content": text}, None)

    def piece(self, text: str) -> bytes:
        """One token."""
        self._output_tokens += 1
        return self._choice({"content": text}, None)

    def call(self, call: Call) -> list[bytes]:
        """The id and the name of the tool, then the arguments bit by bit."""
        index, bits = self._calls, prose.tokens(call.arguments)
        self._calls += 1
        self._output_tokens += 1 + len(bits)
        head = {
            "index": index,
            "id": f"call_{uuid.uuid4().hex}",
            "type": "function",
            "function": {"name": call.name, "arguments": ""},
        }
        pieces = [head, *({"index": index, "function": {"arguments": bit}} for bit in bits)]
        return [self._choice({"tool_calls": [piece]}, None) for piece in pieces]

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason, the usage if it was asked for, and `[DONE]`."""
        end = self._choice({}, _FINISH_REASONS[reason])
        if self._usage_wanted:
            usage = {
                "prompt_tokens": self._input_tokens,
                "completion_tokens": self._output_tokens,
                "total_tokens": self._input_tokens + self._output_tokens,
                "prompt_tokens_details": {"cached_tokens": self._cached_tokens, "audio_tokens": 0},
                "completion_tokens_details": {
                    "reasoning_tokens": self._thoughts,
                    "audio_tokens": 0,
                    "accepted_prediction_tokens": 0,
                    "rejected_prediction_tokens": 0,
                },
            }
            end += _event(self._common | {"choices": [], "usage": usage})
        return end + b"data: [DONE]\n\n"

    def error(self) -> bytes:
        """An error event, which the SDK raises as `APIError`."""
        return _event(_error(_SERVER_FAULT, "server_error", None))

    def garbage(self) -> bytes:
        """A chunk that breaks off."""
        return b'data: {"id": "chatcmpl-broken", "object": "chat.completion.chunk", "cho\n\n'

    def _choice(self, delta: dict[str, Any], finish_reason: str | None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": finish_reason}
        chunk = self._common | {"choices": [choice]}
        if self._usage_wanted:
            chunk["usage"] = None
        return _event(chunk)


def failure(kind: FailureKind, detail: str) -> Failure:
    """The error response of that kind: see https://platform.openai.com/docs/guides/error-codes."""
    invalid = "invalid_request_error"
    known = {
        "401": (401, "Incorrect API key provided.", invalid, "invalid_api_key"),
        "404": (
            404,
            f"The model `{detail}` does not exist or you do not have access to it.",
            invalid,
            "model_not_found",
        ),
        "429": (
            429,
            f"Rate limit reached for {detail} on requests per min (RPM). Please try again in 7s.",
            "requests",
            "rate_limit_exceeded",
        ),
        "500": (500, _SERVER_FAULT, "server_error", None),
        "overloaded": (
            503,
            "The engine is currently overloaded, please try again later.",
            "server_error",
            None,
        ),
        "quota": (
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            "insufficient_quota",
        ),
        "context": (
            400,
            "This model's maximum context length is 128000 tokens. However, your messages "
            "resulted in 128042 tokens. Please reduce the length of the messages.",
            invalid,
            "context_length_exceeded",
        ),
        "route": (404, f"Invalid URL ({detail})", invalid, None),
        "malformed": (400, f"The body of your request was not understood: {detail}", invalid, None),
        "refused": (400, detail, invalid, None),
    }
    status, message, type_, code = known[kind]
    headers = {"x-request-id": f"req_{uuid.uuid4().hex}"}
    if kind == "429":
        headers |= {"Retry-After": "7"}
    param = "messages" if kind == "context" else None
    return Failure(status, headers, _error(message, type_, code, param))


def _error(message: str, type_: str, code: str | None, param: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": type_, "param": param, "code": code}}


def _event(data: dict[str, Any]) -> bytes:
    return f"data: {json.dumps(data, ensure_ascii=False, separators=(',', ':'))}\n\n".encode()
