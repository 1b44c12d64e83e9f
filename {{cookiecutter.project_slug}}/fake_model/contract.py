"""The interface between the server and `dialect.py`, which knows the vendor's wire format."""

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
    """One message. `role` is "user" or "assistant", whatever the vendor calls these roles."""

    role: str
    text: str


@dataclass(frozen=True)
class Request:
    """A parsed request for a streamed reply. `max_tokens` is None if the client sent no limit."""

    model: str
    messages: list[Message]
    system: str
    max_tokens: int | None
    body: dict[str, Any]


@dataclass(frozen=True)
class Failure:
    """An HTTP error response in the vendor's format. `body` is its JSON."""

    status: int
    headers: dict[str, str]
    body: dict[str, Any]


class Stream(Protocol):
    """Encodes one reply. Each method returns the bytes to send, which may be empty."""

    def begin(self) -> bytes:
        """What the vendor sends before the first token."""

    def piece(self, text: str) -> bytes:
        """One token."""

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason, the token usage and the end of the stream.

        For "tool", a tool call comes first.
        """

    def error(self) -> bytes:
        """A server error, reported inside a stream whose HTTP status was 200."""

    def garbage(self) -> bytes:
        """A token whose JSON is truncated."""


class Dialect(Protocol):
    """The interface of the module `fake_model.dialect`."""

    @property
    def KEY_VARIABLE(self) -> str:
        """The environment variable from which the SDK reads its key."""

    @property
    def BASE_URL_VARIABLE(self) -> str:
        """The environment variable from which the SDK reads its base URL."""

    @property
    def BASE_PATH(self) -> str:
        """The path of the base URL: what follows host and port."""

    def route(self, method: str, path: str) -> bool:
        """Whether this is a request for a streamed reply. `path` has no query."""

    def read(self, path: str, body: dict[str, Any]) -> Request:
        """Parse a request.

        Raises ValueError, KeyError or TypeError for a body that the vendor would refuse.
        """

    def example(self, prompt: str) -> tuple[str, dict[str, Any]]:
        """The path, with its query, and the body of a request that asks `prompt`."""

    def stream(self, request: Request, input_tokens: int) -> Stream:
        """The encoder of the reply to `request`; `input_tokens` is the usage to report."""

    def failure(self, kind: FailureKind, detail: str) -> Failure:
        """The vendor's error of that kind.

        `detail` goes into its message: for "route" the method and path, for "malformed" what is
        wrong, otherwise the model's name.
        """
