"""What goes down to the provider: one request, with the messages and tools of the conversation."""

from dataclasses import dataclass, field
from typing import Any, Literal

from django.conf import settings

from chat.provider import names
from chat.provider.events import Call


@dataclass(frozen=True, slots=True)
class Result:
    """What a tool returned for a call: text for the model. `is_error`: it says what went wrong."""

    call: Call
    text: str
    is_error: bool = False


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the history, oldest first.

    `results` are those of the tools that an assistant's message calls after its text. A request
    ends in a user's message, or in an assistant's message with results.
    """

    role: Literal["user", "assistant"]
    text: str
    results: tuple[Result, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolSpec:
    """A tool that the model may call. `parameters` is the JSON schema of its arguments."""

    name: str
    description: str
    parameters: dict[str, Any]


def default_model() -> str:
    """CHAT_MODEL, or else the first of CHAT_MODELS, or the default model of the provider."""
    if settings.CHAT_MODELS and not settings.CHAT_MODEL:  # models
        return settings.CHAT_MODELS[0]
    return settings.CHAT_MODEL or names.DEFAULT_MODEL


@dataclass(frozen=True, slots=True)
class Request:
    """What the model is asked.

    `may_call` is false once the model has used up its rounds of calls: it then has to reply. The
    tools are still named, because the messages contain calls of them.
    """

    messages: list[Message]
    model: str = field(default_factory=default_model)
    system_prompt: str = field(default_factory=lambda: settings.CHAT_SYSTEM_PROMPT)
    max_output_tokens: int = field(default_factory=lambda: settings.CHAT_MAX_OUTPUT_TOKENS)
    tools: tuple[ToolSpec, ...] = ()
    may_call: bool = True
