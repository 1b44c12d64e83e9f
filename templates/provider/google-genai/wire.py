"""What a response of Google's Gemini API looks like on the wire."""

import base64
import json
from typing import Any

from chat.provider.loose import each, text

# A chunk has one of the first keys, a reply in one piece one of the second.
CHUNK_KEYS = ("candidates", "promptFeedback", "usageMetadata")
REPLY_KEYS = ("candidates", "promptFeedback")

# A chunk that says nothing.
KEEP_ALIVE = b"data: {}\n\n"

# The fields that the SDK gets to see. It ends a reply at any field of another type, so a field that
# `chunks.py` is to read has its type here.
TYPES: dict[str, type] = {
    "candidates": list,
    "content": dict,
    "parts": list,
    "text": str,
    "thought": bool,
    "thoughtSignature": str,
    "functionCall": dict,
    "id": str,
    "name": str,
    "args": dict,
    "finishReason": str,
    "continuationToken": str,
    "promptFeedback": dict,
    "blockReason": str,
    "usageMetadata": dict,
    "promptTokenCount": int,
    "candidatesTokenCount": int,
    "thoughtsTokenCount": int,
    "cachedContentTokenCount": int,
    "toolUsePromptTokenCount": int,
}
# What is in these fields may have any name and type.
WHOLE = ("args",)
# The SDK ends a reply where this is no base64.
BASE64 = "thoughtSignature"
URL_SAFE = str.maketrans("-_", "+/")


def is_plain(read: bytes) -> bool:
    """Whether the SDK can read these bytes as they are. None are: `encode` has to see them."""
    return False


def encode(chunk: bytes) -> bytes:
    """The server-sent event for the SDK with this JSON, as far as it is in `TYPES`."""
    try:
        chunk = json.dumps(_typed(json.loads(chunk))).encode()
    except ValueError:
        # The SDK says that it is malformed.
        chunk = chunk.replace(b"\n", b" ")
    return b"data: %b\n\n" % chunk


def _typed(value: Any) -> Any:
    if isinstance(value, list):
        return [_typed(item) for item in value if isinstance(item, dict)]
    if isinstance(value, dict):
        known = ((name, field) for name, field in value.items() if name in TYPES)
        fields = ((name, _adapted(name, field)) for name, field in known)
        return {
            name: field if name in WHOLE else _typed(field)
            for name, field in fields
            if isinstance(field, TYPES[name]) and (name != BASE64 or _is_base64(field))
        }
    return value


def _adapted(name: str, field: Any) -> Any:
    """A field in its own type, where it has text in parts, or one item in place of a list."""
    if name == "text":
        return text(field)
    return each(field) if TYPES[name] is list else field


def _is_base64(field: Any) -> bool:
    try:
        base64.b64decode(field.translate(URL_SAFE), validate=True)
    except ValueError:
        return False
    return True
