"""How Anthropic's Messages API looks on the wire.

Sources: `anthropic.types.RawMessageStreamEvent` for the stream,
`anthropic.types.shared.ErrorResponse` and `anthropic._exceptions` for errors.
"""

import json
import uuid
from typing import Any

from . import prose
from .contract import Call, Failure, FailureKind, FinishReason, Request
from .reading import AFTER_THINKING, sign
from .reading import read as read

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


def example(prompt: str) -> tuple[str, dict[str, Any]]:
    """A request that asks `prompt`."""
    return _PATH, {
        "model": "claude-haiku-5-5",
        "max_tokens": 4096,
        "messages": [{"role": "user", "content": prompt}],
        "stream": True,
    }


def stream(request: Request, input_tokens: int, cached_tokens: int = 0) -> "EventStream":
    """The wire format of one reply."""
    return EventStream(request, input_tokens, cached_tokens)


class EventStream:
    """Named server-sent events around blocks: thinking if there is any, text, then calls."""

    def __init__(self, request: Request, input_tokens: int, cached_tokens: int) -> None:
        self._model = request.model
        self._usage = {
            "input_tokens": input_tokens - cached_tokens,
            "cache_creation_input_tokens": 0,
            "cache_read_input_tokens": cached_tokens,
        }
        self._output_tokens = 0
        self._thoughts: list[str] = []
        self._blocks: list[str] = []  # their types; the last one is open

    def begin(self) -> bytes:
        """The message without content but with the input's usage."""
        message: dict[str, Any] = {
            "id": f"msg_{uuid.uuid4().hex}",
            "type": "message",
            "role": "assistant",
            "model": self._model,
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": self._usage | {"output_tokens": 1},
        }
        return _event({"type": "message_start", "message": message}) + _event({"type": "ping"})

    def thought(self, text: str) -> bytes:
        """One token, in a block of thinking."""
        self._output_tokens += 1
        self._thoughts.append(text)
        return self._open("thinking") + self._delta({"type": "thinking_delta", "thinking": text})

    def piece(self, text: str) -> bytes:
        """One token."""
        self._output_tokens += 1
        return self._open("text") + self._delta({"type": "text_delta", "text": text})

    def call(self, call: Call) -> list[bytes]:
        """A block with the id and the name of the tool, then its arguments bit by bit."""
        bits = prose.tokens(call.arguments)
        self._output_tokens += 1 + len(bits)
        closed = self._close()
        self._blocks.append("tool_use")
        mark = AFTER_THINKING if self._thoughts else ""
        call_id = f"toolu_{mark}{uuid.uuid4().hex}"
        block = {"type": "tool_use", "id": call_id, "name": call.name, "input": {}}
        deltas = [{"type": "input_json_delta", "partial_json": bit} for bit in bits]
        return [
            closed + self._block("content_block_start", content_block=block),
            *map(self._delta, deltas),
        ]

    def end(self, reason: FinishReason) -> bytes:
        """The block's end, the stop reason with the output's usage, and the message's end."""
        delta: dict[str, Any] = {"stop_reason": _STOP_REASONS[reason], "stop_sequence": None}
        if reason == "refusal":
            delta["stop_details"] = {"type": "refusal", "category": None, "explanation": None}
        usage = self._usage | {
            "output_tokens": self._output_tokens,
            "output_tokens_details": {"thinking_tokens": len(self._thoughts)},
        }
        return (
            self._close()
            + _event({"type": "message_delta", "delta": delta, "usage": usage})
            + _event({"type": "message_stop"})
        )

    def _open(self, type_: str) -> bytes:
        """The beginning of a block of that type, unless it is open."""
        if self._blocks[-1:] == [type_]:
            return b""
        closed = self._close()
        self._blocks.append(type_)
        block = {"type": type_, type_: ""} | ({"signature": ""} if type_ == "thinking" else {})
        return closed + self._block("content_block_start", content_block=block)

    def _close(self) -> bytes:
        """The end of the open block, if there is one. The one of a block of thinking is signed."""
        if not self._blocks:
            return b""
        signature = {"type": "signature_delta", "signature": sign("".join(self._thoughts))}
        signed = self._delta(signature) if self._blocks[-1] == "thinking" else b""
        return signed + self._block("content_block_stop")

    def _delta(self, delta: dict[str, Any]) -> bytes:
        return self._block("content_block_delta", delta=delta)

    def _block(self, type_: str, **fields: Any) -> bytes:
        """An event of the last block."""
        return _event({"type": type_, "index": len(self._blocks) - 1} | fields)

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
        "refused": (400, invalid, detail),
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
