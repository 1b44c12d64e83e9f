"""How Google's Gemini API (`streamGenerateContent`) looks on the wire.

Sources: `google.genai.types.GenerateContentResponse` for the stream, `google.genai.errors` and
https://cloud.google.com/apis/design/errors for errors.
"""

import json
import uuid
from typing import Any

from .contract import Call, Failure, FailureKind, FinishReason, Request
from .reading import read as read
from .reading import route as route
from .reading import sign

KEY_VARIABLE = "GEMINI_API_KEY"
BASE_URL_VARIABLE = "GOOGLE_GEMINI_BASE_URL"
BASE_PATH = ""

_FINISH_REASONS: dict[FinishReason, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "refusal": "SAFETY",
    "tool": "STOP",
}

_SERVER_FAULT = "An internal error has occurred. Please retry."


def example(prompt: str) -> tuple[str, dict[str, Any]]:
    """A request that asks `prompt`."""
    path = "/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    return path, {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}


def stream(request: Request, input_tokens: int, cached_tokens: int = 0) -> "ResponseStream":
    """The wire format of one reply."""
    return ResponseStream(request, input_tokens, cached_tokens)


class ResponseStream:
    """Server-sent events, each a whole `GenerateContentResponse`."""

    def __init__(self, request: Request, input_tokens: int, cached_tokens: int) -> None:
        self._model = request.model
        self._id = uuid.uuid4().hex
        self._input_tokens = input_tokens
        self._cached_tokens = cached_tokens
        self._output_tokens = 0
        self._thoughts = 0
        self._has_called = False
        self._is_malformed = False

    def begin(self) -> bytes:
        """Nothing: the first chunk already has text."""
        return b""

    def thought(self, text: str) -> bytes:
        """One token, in a part that is a thought."""
        self._thoughts += 1
        part = {"text": text, "thought": True}
        return self._chunk({"content": {"parts": [part], "role": "model"}})

    def piece(self, text: str) -> bytes:
        """One token."""
        self._output_tokens += 1
        return self._chunk({"content": {"parts": [{"text": text}], "role": "model"}})

    def call(self, call: Call) -> list[bytes]:
        """A call in one piece, the first one signed. The service sends no malformed arguments."""
        try:
            args = json.loads(call.arguments)
        except ValueError:
            args = None
        if not isinstance(args, dict):
            self._is_malformed = True
            return []
        self._output_tokens += 1
        function = {"name": call.name, "args": args, "id": uuid.uuid4().hex[:8]}
        part: dict[str, Any] = {"functionCall": function}
        if not self._has_called:
            part["thoughtSignature"] = sign(function)
        self._has_called = True
        return [self._chunk({"content": {"parts": [part], "role": "model"}})]

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason; a reply that was blocked has no content beside it."""
        candidate: dict[str, Any] = {"finishReason": _FINISH_REASONS[reason]}
        if reason == "tool" and self._is_malformed:
            candidate["finishReason"] = "MALFORMED_FUNCTION_CALL"
        elif reason != "refusal":
            candidate["content"] = {"parts": [{"text": ""}], "role": "model"}
        return self._chunk(candidate)

    def error(self) -> bytes:
        """An error between the events, bare and over several lines, as the service puts it."""
        data = _error(500, "INTERNAL", _SERVER_FAULT)
        return json.dumps(data, indent=2).encode() + b"\n\n"

    def garbage(self) -> bytes:
        """A chunk that breaks off."""
        return b'data: {"candidates": [{"content": {"parts": [{"te\n\n'

    def _chunk(self, candidate: dict[str, Any]) -> bytes:
        usage = {
            "promptTokenCount": self._input_tokens,
            "totalTokenCount": self._input_tokens + self._thoughts + self._output_tokens,
        }
        # Like the service, it leaves out what there is none of.
        if self._output_tokens:
            usage["candidatesTokenCount"] = self._output_tokens
        if self._thoughts:
            usage["thoughtsTokenCount"] = self._thoughts
        if self._cached_tokens:
            usage["cachedContentTokenCount"] = self._cached_tokens
        chunk = {
            "candidates": [candidate | {"index": 0}],
            "usageMetadata": usage,
            "modelVersion": self._model,
            "responseId": self._id,
        }
        return f"data: {json.dumps(chunk, ensure_ascii=False)}\r\n\r\n".encode()


def failure(kind: FailureKind, detail: str) -> Failure:
    """The error response of that kind: see https://ai.google.dev/gemini-api/docs/troubleshooting."""
    invalid = "INVALID_ARGUMENT"
    known = {
        "401": (401, "UNAUTHENTICATED", "Request had invalid authentication credentials."),
        "404": (
            404,
            "NOT_FOUND",
            f"models/{detail} is not found for API version v1, or is not supported for "
            "generateContent.",
        ),
        "429": (429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        "500": (500, "INTERNAL", _SERVER_FAULT),
        "overloaded": (
            503,
            "UNAVAILABLE",
            "The model is overloaded. Please try again later.",
        ),
        "quota": (
            429,
            "RESOURCE_EXHAUSTED",
            "You exceeded your current quota, please check your plan and billing details.",
        ),
        "context": (
            400,
            invalid,
            "The input token count (1048618) exceeds the maximum number of tokens allowed "
            "(1048576).",
        ),
        "route": (404, "NOT_FOUND", f"No method is found for {detail}."),
        "refused": (400, invalid, detail),
        "malformed": (400, invalid, f"The body of your request was not understood: {detail}"),
    }
    details: dict[str, list[dict[str, Any]]] = {
        "401": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "ACCESS_TOKEN_TYPE_UNSUPPORTED",
                "metadata": {"service": "generativelanguage.googleapis.com"},
            }
        ],
        "429": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "7s"}],
        "quota": [
            {
                "@type": "type.googleapis.com/google.rpc.Help",
                "links": [
                    {
                        "description": "Learn more about Gemini API quotas",
                        "url": "https://ai.google.dev/gemini-api/docs/rate-limits",
                    }
                ],
            }
        ],
    }
    status, name, message = known[kind]
    body = _error(status, name, message)
    if kind in details:
        body["error"]["details"] = details[kind]
    return Failure(status, {"Retry-After": "7"} if kind == "429" else {}, body)


def _error(code: int, status: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message, "status": status}}
