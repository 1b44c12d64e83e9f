"""Reads the function calls of Google's Gemini API, and writes them into a request.

A model of the third generation demands the signature of its thoughts back, with the part in which
it sent it: https://ai.google.dev/gemini-api/docs/thought-signatures
"""

import base64
import json
import uuid
from collections.abc import Iterator
from typing import Any, cast

from google.genai.types import Content, FunctionCall, FunctionResponse, Part

from chat.provider import tool_rounds
from chat.provider.events import Call
from chat.provider.messages import Message

# How an id begins that the service did not send, and does not get back.
MADE_ID = "made-"


def call(part: Part, model: str) -> Call | None:
    """The call in a part; None if there is none. Only `model` can read the signature."""
    function = part.function_call
    if function is None or not function.name:
        return None
    extra = None
    if part.thought_signature:
        signature = base64.b64encode(part.thought_signature).decode()
        extra = {"model": model, "signature": signature}
    arguments = json.dumps(function.args or {}, ensure_ascii=False)
    return Call(function.id or f"{MADE_ID}{uuid.uuid4().hex}", function.name, arguments, extra)


def contents(message: Message, model: str) -> Iterator[Content]:
    """A message with calls: the text and the calls, then the results."""
    # The API refuses a part of empty text.
    parts = [Part(text=message.text)] if message.text else []
    parts += [_call_part(result.call, model) for result in message.results]
    yield Content(role="model", parts=parts)
    responses = [
        FunctionResponse(
            id=_id(result.call),
            name=result.call.name,
            response={"error" if result.is_error else "result": result.text},
        )
        for result in message.results
    ]
    yield Content(role="user", parts=[Part(function_response=each) for each in responses])


def _call_part(call: Call, model: str) -> Part:
    args, extra = tool_rounds.arguments(call), cast(dict[str, Any], call.extra or {})
    # A conversation may have begun with another model.
    known = extra.get("model") == model
    return Part(
        function_call=FunctionCall(id=_id(call), name=call.name, args=args),
        thought_signature=base64.b64decode(extra["signature"]) if known else None,
    )


def _id(call: Call) -> str | None:
    return None if call.id.startswith(MADE_ID) else call.id
