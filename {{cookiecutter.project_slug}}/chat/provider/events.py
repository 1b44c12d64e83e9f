"""What crosses between a reply and the provider: messages go down, events come up."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Message:
    """One message of the history. The oldest comes first; the last one is the user's."""

    role: Literal["user", "assistant"]
    text: str


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of the reply, to be appended to the pieces before it."""

    text: str


@dataclass(frozen=True, slots=True)
class Usage:
    """What the provider counted, in tokens. A later number replaces an earlier one.

    None: this event does not say.
    """

    input_tokens: int | None
    output_tokens: int | None


@dataclass(frozen=True, slots=True)
class Finish:
    """The provider said why the reply ends. A stream that ends without a `Finish` was cut off."""

    reason: Literal["stop", "length", "refused"]


@dataclass(frozen=True, slots=True)
class KeepAlive:
    """The model sent something that is not part of the reply, such as its reasoning."""


Event = Text | Usage | Finish | KeepAlive
