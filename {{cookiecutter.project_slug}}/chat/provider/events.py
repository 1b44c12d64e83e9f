"""What comes up from the provider: the events of one response, in their order."""

from dataclasses import dataclass
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply, to be appended to the pieces before it."""

    text: str


@dataclass(frozen=True, slots=True)
class Reasoning:
    """A piece of what the model thinks before it replies. It is shown, and is not text."""

    text: str


@dataclass(frozen=True, slots=True)
class TextWasReasoning:
    """All text of this response so far was reasoning. Only the tag that ended it told so."""


@dataclass(frozen=True, slots=True)
class Call:
    """The model calls a tool. It comes whole, once the model has written all its arguments.

    `arguments` is JSON as the model wrote it, which may be malformed. `extra` is what the provider
    demands to get back with the call, such as the signature of the reasoning before it: JSON data,
    None if there is nothing.
    """

    id: str
    name: str
    arguments: str
    extra: Any = None


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider counted for this response, in tokens. A later number replaces an earlier.

    `cached_tokens` are those input tokens that the provider had cached, `reasoning_tokens` those
    output tokens that were reasoning. None: this event does not say.
    """

    input_tokens: int | None
    output_tokens: int | None
    cached_tokens: int | None = None
    reasoning_tokens: int | None = None


@dataclass(frozen=True, slots=True)
class Finish:
    """Why the response ends. A stream that ends without a `Finish` was cut off.

    "stop" also after calls.
    """

    reason: Literal["stop", "length", "refused"]


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The model sent something without words, such as a ping or encrypted reasoning."""


Event = Text | Reasoning | TextWasReasoning | Call | Usage | Finish | KeepAlive
