"""What crosses between the server and a dialect, the one file that knows the vendor's wire."""

from dataclasses import dataclass
from typing import Any, Literal, Protocol

FinishReason = Literal["stop", "length", "refusal", "tool"]

FailureKind = Literal[
    "401",
    "404",
    "429",
    "500",
    "overloaded",
    "quota",
    "context",
    "route",
    "malformed",
]


@dataclass(frozen=True)
class Message:
    """One turn. `role` is "user" or "assistant", whatever the vendor calls them."""

    role: str
    text: str


@dataclass(frozen=True)
class Request:
    """A request for a streamed reply, understood. `max_tokens` is None where none was sent."""

    model: str
    messages: list[Message]
    system: str
    max_tokens: int | None
    body: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """An HTTP error as the vendor answers it; `body` is its JSON."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Stream(Protocol):
    """One reply on the wire. Each method returns the bytes to send, perhaps none."""

    def begin(self) -> bytes:
        """What the vendor sends before the first token."""

    def piece(self, text: str) -> bytes:
        """One token."""

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason, the usage and whatever closes the stream.

        For "tool", a tool call comes first.
        """

    def error(self) -> bytes:
        """A fault of the server's own, told inside a stream that had begun well."""

    def garbage(self) -> bytes:
        """A token whose JSON is broken off."""


class Dialect(Protocol):
    """What the module `fake_model.dialect` offers."""

    @property
    def KEY_VARIABLE(self) -> str:
        """The environment variable in which the SDK looks for its key."""

    @property
    def BASE_URL_VARIABLE(self) -> str:
        """The environment variable in which the SDK looks for its base URL."""

    @property
    def BASE_PATH(self) -> str:
        """What the base URL ends with, after host and port."""

    def route(self, method: str, path: str) -> bool:
        """Whether a streamed reply is asked for at this path (without its query)."""

    def read(self, path: str, body: dict[str, Any]) -> Request:
        """Understand a request.

        Raises ValueError, KeyError or TypeError for a body that the vendor would refuse.
        """

    def example(self, prompt: str) -> tuple[str, dict[str, Any]]:
        """The path, with its query, and the body of a request that asks `prompt`."""

    def stream(self, request: Request, input_tokens: int) -> Stream:
        """The wire format of one reply to `request`, which counts as `input_tokens` tokens."""

    def failure(self, kind: FailureKind, detail: str) -> Failure:
        """The vendor's error of that kind.

        `detail` is what it is about: for "route" the method and path, for "malformed" the
        fault, otherwise the model's name.
        """
