"""The interface between the server and `dialect.py`, which knows the vendor's wire format."""

from collections.abc import Sequence
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
    "refused",
]


class Refused(Exception):
    """The vendor would refuse this request, in these words."""


@dataclass(frozen=True)
class Tool:
    """A tool that the model may call. `parameters` is the JSON schema of its arguments."""

    name: str
    parameters: dict[str, Any]


@dataclass(frozen=True)
class Call:
    """A call of a tool. `arguments` is its JSON. A call that is not sent yet has no id."""

    name: str
    arguments: str
    id: str = ""


@dataclass(frozen=True)
class Result:
    """What a tool returned. Some vendors have no field for `is_error`."""

    call: Call
    text: str
    is_error: bool = False


@dataclass(frozen=True)
class Message:
    """One message. `role` is "user" or "assistant", whatever the vendor calls these roles.

    An assistant's message may have calls. The user's message after it then has their results.
    """

    role: str
    text: str
    calls: tuple[Call, ...] = ()
    results: tuple[Result, ...] = ()

    @property
    def is_prompt(self) -> bool:
        """Whether a person wrote it."""
        return self.role == "user" and not (self.results and not self.text)


@dataclass(frozen=True)
class Request:
    """A parsed request for a streamed reply. `max_tokens` is None if the client sent no limit.

    The model may call any of `tools`, unless `may_call` is false.
    """

    model: str
    messages: list[Message]
    system: str
    max_tokens: int | None
    body: dict[str, Any]
    tools: tuple[Tool, ...] = ()
    may_call: bool = True


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

    def thought(self, text: str) -> bytes:
        """One token of reasoning. All of them come before the first `piece`."""

    def piece(self, text: str) -> bytes:
        """One token."""

    def call(self, call: Call) -> Sequence[bytes]:
        """A call, bit by bit or, where the vendor sends it so, whole. Calls come after the text."""

    def end(self, reason: FinishReason) -> bytes:
        """The finish reason, the token usage and the end of the stream. "tool": after calls."""

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

        Raises ValueError, KeyError or TypeError for a body that cannot be understood, and `Refused`
        for one whose messages or tools the vendor would refuse.
        """

    def example(self, prompt: str) -> tuple[str, dict[str, Any]]:
        """The path, with its query, and the body of a request that asks `prompt`."""

    def stream(self, request: Request, input_tokens: int, cached_tokens: int = 0) -> Stream:
        """The encoder of the reply to `request`, with the usage to report.

        `cached_tokens` are part of `input_tokens`.
        """

    def failure(self, kind: FailureKind, detail: str) -> Failure:
        """The vendor's error of that kind.

        `detail` goes into its message: for "route" the method and path, for "malformed" what is
        wrong, otherwise the model's name. For "refused" it is the message.
        """
