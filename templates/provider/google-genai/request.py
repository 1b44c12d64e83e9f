"""What Google's Gemini API is asked."""

import re
from collections.abc import Iterable

from google.genai.types import (
    AutomaticFunctionCallingConfig,
    Content,
    FunctionCallingConfig,
    FunctionCallingConfigMode,
    FunctionDeclaration,
    GenerateContentConfig,
    Part,
    Tool,
    ToolConfig,
)

from chat.provider import calls, tool_rounds, upstream
from chat.provider.messages import Message, Request

VERSION = re.compile(r"(.*)/(v[0-9]+(?:alpha|beta)?)/?")
ROLES = {"user": "user", "assistant": "model"}
MAY_NOT_CALL = ToolConfig(
    function_calling_config=FunctionCallingConfig(mode=FunctionCallingConfigMode.NONE)
)


def address() -> tuple[str, str | None]:
    """The base URL, and the version of the API if the URL ends in one: the SDK adds it again.

    Without one the SDK reads GOOGLE_GENAI_API_VERSION; its default is v1.
    """
    base_url = upstream.base_url()
    found = VERSION.fullmatch(base_url)
    return (found[1], found[2]) if found else (base_url, None)


def contents(asked: Request) -> list[Content]:
    """The turns, and those of the calls and their results."""
    messages = asked.messages if asked.tools else tool_rounds.without_calls(asked.messages)
    return [content for message in messages for content in _contents(message, asked.model)]


def _contents(message: Message, model: str) -> Iterable[Content]:
    if message.results:
        return calls.contents(message, model)
    return [Content(role=ROLES[message.role], parts=[Part(text=message.text)])]


def config(asked: Request) -> GenerateContentConfig:
    """The system prompt, the limit and the tools."""
    return GenerateContentConfig(
        system_instruction=asked.system_prompt or None,
        max_output_tokens=asked.max_output_tokens,
        # Both would let the SDK send further requests by itself. The second one does so after a
        # lost connection, and the SDK takes a Stop for one.
        automatic_function_calling=AutomaticFunctionCallingConfig(disable=True),
        automatic_continuation=False,
        tools=[_tool(asked)] if asked.tools else None,
        tool_config=None if asked.may_call or not asked.tools else MAY_NOT_CALL,
    )


def _tool(asked: Request) -> Tool:
    declarations = [
        FunctionDeclaration(
            name=tool.name, description=tool.description, parameters_json_schema=tool.parameters
        )
        for tool in asked.tools
    ]
    return Tool(function_declarations=declarations)
