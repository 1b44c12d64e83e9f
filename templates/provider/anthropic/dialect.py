"""How Anthropic's Messages API looks on the wire.

Sources: `anthropic.types.RawMessageStreamEvent` for the stream,
`anthropic.types.shared.ErrorResponse` and `anthropic._exceptions` for errors.
"""

import json
import uuid
from typing import Any

from .contract import Failure, FailureKind, FinishReason, Message, Request

KEY_VARIABLE = "ANTHROPIC_API_KEY"
BASE_URL_VARIABLE = "ANTHROPIC_BASE_URL"
BASE_PATH = ""

_PATH = "/v1/messages"

_STOP_REASONS: dict[FinishReason, str] = {
    "stop": "end_turn",
    "length": "max_tokens",
    "refusal": "refusal",
    "tool": "tool_use",
}


def route(method: str, path: str) -> bool:
    """Whether a message is asked for."""
    return (method, path) == ("POST", _PATH)


def read(path: str, body: dict[str, Any]) -> Request:
    """Understand the parameters of `messages.create`.

    Raises ValueError, KeyError or TypeError if they are not those of a streamed message.
    """
    messages = [Message(turn["role"], _text(turn["content"])) for turn in body["messages"]]
    if body.get("stream") is not True:
        raise ValueError("the built-in model only streams: send 'stream': true")
    return Request(
        model=body["model"],
        messages=messages,
        system=_text(body.get("system", "")),
        max_tokens=body["max_tokens"],
        body=body,
    )


def example(prompt: str) -> tuple[str, dict[str, Any]]:
    """A request that asks `prompt`."""
    return _PATH, {
        "model": "claude-haiku-5-5",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
    }


def stream(request: Request, input_tokens: int) -> "EventStream":
    """The wire format of one reply."""
    return EventStream(request, input_tokens)


class EventStream:
    """Named server-sent events around one content block of text."""

    def __init__(self, request: Request, input_tokens: int) -> None:
        self._model = request.model
        self._input_tokens = input_tokens
        self._output_tokens = 0

    def begin(self) -> bytes:
        """The message without content but with the input's usage, and an open text block."""
        message: dict[str, Any] = {
            "id": f"msg_{uuid.uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": self._input_tokens, "output_tokens": 1},
        }
        block = {"type": "text", "text": ""}
        return (
            _event({"type": "message_start", "message": message})
            + _event({"type": "content_block_start", "index": 0, "content_block": block})
            + _event({"type": "ping"})
        )

    def piece(self, text: str) -> bytes:
        """One token."""
        self._output_tokens += 1
        delta = {"type": "text_delta", "text": text}
        return _event({"type": "content_block_delta", "index": 0, "delta": delta})

    def end(self, reason: FinishReason) -> bytes:
        """The block's end, the stop reason with the output's usage, and the message's end."""
        delta: dict[str, Any] = {"stop_reason": _STOP_REASONS[reason], "stop_sequence": None}
        if reason == "refusal":
            delta["stop_details"] = {"type": "refusal", "category": None, "explanation": None}
        usage = {"output_tokens": self._output_tokens}
        return (
            _event({"type": "content_block_stop", "index": 0})
            + (self._tool_call() if reason == "tool" else b"")
            + _event({"type": "message_delta", "delta": delta, "usage": usage})
            + _event({"type": "message_stop"})
        )

    def _tool_call(self) -> bytes:
        """A block with the name of a tool, then its arguments bit by bit."""
        block = {"type": "tool_use", "id": f"toolu_{uuid.uuid4().hex}", "name": "tide", "input": {}}
        parts = ('{"hour":', " 3}")
        deltas = [{"type": "input_json_delta", "partial_json": part} for part in parts]
        return (
            _event({"type": "content_block_start", "index": 1, "content_block": block})
            + b"".join(
                _event({"type": "content_block_delta", "index": 1, "delta": delta})
                for delta in deltas
            )
            + _event({"type": "content_block_stop", "index": 1})
        )

    def error(self) -> bytes:
        """An error event, which the SDK raises as `APIStatusError` with status 200."""
        return _event(_error("api_error", "Internal server error"))

    def garbage(self) -> bytes:
        """A delta that breaks off."""
        return b'event: content_block_delta\ndata: {"type": "content_block_delta", "ind\n\n'


def failure(kind: FailureKind, detail: str) -> Failure:
    """The error response of that kind: see https://docs.anthropic.com/en/api/errors."""
    invalid = "invalid_request_error"
    known = {
        "401": (401, "authentication_error", "invalid x-api-key"),
        "404": (404, "not_found_error", f"model: {detail}"),
        "429": (
            429,
            "rate_limit_error",
            "This request would exceed your organization's rate limit. Please try again later.",
        ),
        "500": (500, "api_error", "Internal server error"),
        "overloaded": (529, "overloaded_error", "Overloaded"),
        # The types have a billing_error, but this is what an empty account is answered.
        "quota": (
            400,
            invalid,
            "Your credit balance is too low to access the Anthropic API. "
            "Please go to Plans & Billing to upgrade or purchase credits.",
        ),
        "context": (400, invalid, "prompt is too long: 200042 tokens > 200000 maximum"),
        "route": (404, "not_found_error", f"Not found: {detail}"),
        "malformed": (400, invalid, f"The body of your request was not understood: {detail}"),
    }
    status, type_, message = known[kind]
    request_id = f"req_{uuid.uuid4().hex}"
    headers = {"request-id": request_id}
    if kind == "429":
        headers |= {"retry-after": "7"}
    return Failure(status, headers, _error(type_, message) | {"request_id": request_id})


def _error(type_: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type_, "message": message}}


def _event(data: dict[str, Any]) -> bytes:
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return f"event: {data['type']}\ndata: {text}\n\n".encode()


def _text(content: str | list[dict[str, Any]]) -> str:
    if isinstance(content, str):
        return content
    return "".join(block["text"] for block in content if block["type"] == "text")
