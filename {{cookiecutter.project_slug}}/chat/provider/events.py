"""What crosses the joint between a reply and the provider: messages down, events up."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the history, oldest first; the last one is the user's."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply, to be appended to what came before."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider counts, in tokens. A later number replaces an earlier one.

    None: this event does not say.
    """

    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Finish:
    """The provider said that the reply is whole, or why it is not.

    A stream that ends without one was cut off.
    """

    reason: Literal["stop", "length", "refused"]


@dataclass(frozen=True, slots=True)
class Unshown:
    """The model sent something that is no part of the reply, such as its reasoning."""


Event = Text | Usage | Finish | Unshown
