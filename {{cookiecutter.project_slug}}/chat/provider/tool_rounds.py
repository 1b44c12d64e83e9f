"""Tool calls of earlier responses, as any API takes them back."""

import json
import re
from dataclasses import replace
from typing import Any

from chat.provider.events import Call
from chat.provider.messages import Message

# Vendors refuse a longer name of a tool, and one with other characters than letters from a to z,
# digits, hyphens and underscores.
LONGEST_NAME = 64


def arguments(call: Call) -> dict[str, Any]:
    """The arguments of `call` as an object; empty if the model wrote something else.

    A request with other arguments is refused. The tool's result says that they were wrong.
    """
    try:
        value = json.loads(call.arguments)
    except ValueError:
        return {}
    return value if isinstance(value, dict) else {}


def name(call: Call) -> str:
    """The name of `call`, with an underscore for each character that a request may not have.

    Models also call tools that they were not offered, such as `functions.wait`. The tool's result
    says that there is none.
    """
    return re.sub("[^a-zA-Z0-9_-]", "_", call.name)[:LONGEST_NAME]


def without_calls(messages: list[Message]) -> list[Message]:
    """The messages for a request without tools: only their text.

    The calls are of tools that are no longer there, or of a model that knew tools. Some APIs refuse
    calls in a request that offers no tools.
    """
    kept = (message for message in messages if message.text or not message.results)
    return [replace(message, results=()) for message in kept]
