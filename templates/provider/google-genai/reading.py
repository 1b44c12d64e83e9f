"""Understands a request of Google's Gemini API, and refuses what the vendor would refuse.

Sources: `google.genai.types` for the request; the words of the refusals are those of the service.
"""

import base64
import hashlib
import json
import re
from typing import Any

from .contract import Call, Message, Refused, Request, Result, Tool

# The SDK's default is v1; `GOOGLE_GENAI_API_VERSION` makes it v1beta or v1alpha.
_PATH = re.compile(r"/v1(?:alpha|beta)?/models/([^/:]+):streamGenerateContent")


def route(method: str, path: str) -> bool:
    """Whether streamed content is asked for."""
    return method == "POST" and _PATH.fullmatch(path) is not None


def sign(function: dict[str, Any]) -> str:
    """The signature of a call. The service's own is opaque, too."""
    signed = json.dumps([function["name"], function.get("args")], sort_keys=True)
    return base64.b64encode(hashlib.sha256(signed.encode()).digest()).decode()


def read(path: str, body: dict[str, Any]) -> Request:
    """Understand the parameters of `models.generate_content_stream`.

    Raises ValueError, KeyError or TypeError if they are not those of such a request, and `Refused`
    where the service would refuse them.
    """
    match = _PATH.fullmatch(path)
    if match is None:
        raise ValueError(f"no model is named in {path}")
    messages = _conversation(body["contents"])
    mode = (body.get("toolConfig") or {}).get("functionCallingConfig", {}).get("mode")
    return Request(
        model=match[1],
        messages=messages,
        system=_text(body.get("systemInstruction") or {"parts": []}),
        max_tokens=(body.get("generationConfig") or {}).get("maxOutputTokens"),
        body=body,
        tools=tuple(
            Tool(function["name"], _schema(function))
            for tool in body.get("tools", ())
            for function in tool["functionDeclarations"]
        ),
        may_call=mode != "NONE",
    )


def _conversation(contents: list[dict[str, Any]]) -> list[Message]:
    messages: list[Message] = []
    for content in contents:
        calls = messages[-1].calls if messages else ()
        responses = _fields(content, "functionResponse")
        if len(calls) != len(responses):
            raise Refused(
                "Please ensure that the number of function response parts is equal to the number "
                "of function call parts of the function call turn."
                if responses and calls
                else "Please ensure that function response turn comes immediately after a function "
                "call turn."
            )
        results = tuple(map(_result, calls, responses))
        own = tuple(map(_call, _fields(content, "functionCall")))
        role = "assistant" if content.get("role") == "model" else "user"
        messages.append(Message(role, _text(content), own, results))
    if messages and messages[-1].calls:
        raise Refused("Please ensure that function call turn is followed by its responses.")
    _check_signatures(contents, messages)
    return messages


def _schema(function: dict[str, Any]) -> dict[str, Any]:
    """The service takes either spelling; the SDK sends the second one."""
    found = function.get("parametersJsonSchema") or function.get("parameters_json_schema")
    return found or {}


def _call(function: dict[str, Any]) -> Call:
    if not isinstance(function.get("args", {}), dict):
        raise Refused("Invalid value at 'contents.parts.function_call.args'")
    arguments = json.dumps(function.get("args", {}), ensure_ascii=False)
    return Call(function["name"], arguments, function.get("id", ""))


def _result(call: Call, sent: dict[str, Any]) -> Result:
    if (sent["name"], sent.get("id", "")) != (call.name, call.id):
        raise Refused(f"Function response {sent['name']} does not match its function call.")
    response = sent["response"]
    said = response.get("error", response.get("result", response))
    text = said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)
    return Result(call, text, "error" in response)


def _check_signatures(contents: list[dict[str, Any]], messages: list[Message]) -> None:
    """Refuse a first call in the current turn without its signature."""
    prompts = [number for number, message in enumerate(messages) if message.is_prompt]
    for content in contents[prompts[-1] if prompts else 0 :]:
        calls = [part for part in content["parts"] if "functionCall" in part]
        for part in calls[:1]:
            function = part["functionCall"]
            if "thoughtSignature" not in part:
                raise Refused(
                    "Function call is missing a thought_signature in functionCall parts. This is "
                    "required for tools to work correctly, and missing thought_signature may lead "
                    "to degraded model performance. Additional data, function call "
                    f"`default_api:{function['name']}`."
                )
            if part["thoughtSignature"].translate(_STANDARD) != sign(function):
                raise Refused("Invalid thought signature.")


# The SDK sends the other alphabet of base64.
_STANDARD = str.maketrans("-_", "+/")


def _fields(content: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [part[name] for part in content["parts"] if name in part]


def _text(content: dict[str, Any]) -> str:
    return "".join(part.get("text", "") for part in content["parts"])
