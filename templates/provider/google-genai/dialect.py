"""How Google's Gemini API (`streamGenerateContent`) looks on the wire.

Sources: `google.genai.types.GenerateContentResponse` for the stream, `google.genai.errors` and
https://cloud.google.com/apis/design/errors for errors.
"""

import json
import re
import uuid
from typing import Any

from .contract import Failure, FailureKind, FinishReason, Message, Request

KEY_VARIABLE = "GEMINI_API_KEY"
BASE_URL_VARIABLE = "GOOGLE_GEMINI_BASE_URL"
BASE_PATH = ""

# The SDK's default is v1; `GOOGLE_GENAI_API_VERSION` makes it v1beta or v1alpha.
_PATH = re.compile(r"/v1(?:alpha|beta)?/models/([^/:]+):streamGenerateContent")

_FINISH_REASONS: dict[FinishReason, str] = {
    "stop": "STOP",
    "length": "MAX_TOKENS",
    "refusal": "SAFETY",
    "tool": "STOP",
}

_SERVER_FAULT = "An internal error has occurred. Please retry."


def route(method: str, path: str) -> bool:
    """Whether streamed content is asked for."""
    return method == "POST" and _PATH.fullmatch(path) is not None


def read(path: str, body: dict[str, Any]) -> Request:
    """Understand the parameters of `models.generate_content_stream`.

    Raises ValueError, KeyError or TypeError if they are not those of such a request.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"no model is named in {path}")
    return Request(
        model=match[1],
        messages=[
            Message("assistant" if content.get("role") == "model" else "user", _text(content))
            for content in body["contents"]
        ],
        system=_text(body.get("systemInstruction") or {"parts": []}),
        max_tokens=(body.get("generationConfig") or {}).get("maxOutputTokens"),
        body=body,
    )


def example(prompt: str) -> tuple[str, dict[str, Any]]:
    """A request that asks `prompt`."""
    path = "/v1/models/gemini-3.8-flash:streamGenerateContent?alt=sse"
    return path, {"contents": [{"role": "user", "parts": [{"text": prompt}]}]}


def stream(request: Request, input_tokens: int) -> "ResponseStream":
    """The wire format of one reply."""
    return ResponseStream(request, input_tokens)


class ResponseStream:
    """Server-sent events, each a whole `GenerateContentResponse`."""

    def __init__(self, request: Request, input_tokens: int) -> None:
        self._model = request.model
        self._id = uuid.uuid4().hex
        self._input_tokens = input_tokens
        self._output_tokens = 0

    def begin(self) -> bytes:
        """Nothing: the first chunk already has text."""
        return b""

    def piece(self, text: str) -> bytes:
        """One token."""
        self._output_tokens += 1
        return self._chunk({"content": {"parts": [{"text": text}], "role": "model"}})

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason; a reply that was blocked has no content beside it."""
        candidate: dict[str, Any] = {"finishReason": _FINISH_REASONS[reason]}
        if reason == "tool":
            call = {"functionCall": {"name": "tide", "args": {"hour": 3}}}
            candidate["content"] = {"parts": [call], "role": "model"}
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
            "candidatesTokenCount": self._output_tokens,
            "totalTokenCount": self._input_tokens + self._output_tokens,
        }
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


def _text(content: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in content["parts"])
