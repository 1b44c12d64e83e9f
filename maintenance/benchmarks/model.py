"""The built-in model of a baked project as an upstream in a process of its own."""

import importlib
import multiprocessing
import ssl
import sys
import time
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# Far longer than anything that is waited for takes: reaching it is a failure.
PATIENCE_SECONDS = 30.0


@dataclass(frozen=True)
class Certificate:
    """PEM files of a server's certificate, which is its own authority, and of its key."""

    certificate: Path
    key: Path


class Model:
    """Serves `fake_model` for as long as its `with` block lasts, and answers about its record."""

    def __init__(
        self,
        project: Path,
        tokens_per_second: float,
        port: int = 0,
        certificate: Certificate | None = None,
    ) -> None:
        """`port` 0 takes a free one. With a `certificate` it speaks TLS."""
        self._options = (project, tokens_per_second, port, certificate)

    def __enter__(self) -> Self:
        context = multiprocessing.get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, *self._options), daemon=True)
        self._process.start()
        theirs.close()
        self.base_url: str = self._pipe.recv()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._pipe.close()
        self._process.join()

    def count(self) -> int:
        """How many requests it received."""
        return int(self._ask("count"))

    def wait(
        self,
        number: int,
        field: str,
        least: float | None = None,
        patience: float = PATIENCE_SECONDS,
    ) -> Any:
        """Wait until a field of request `number` is set, or at least `least`, and return it.

        Fields are those of `fake_model.Entry`. Raises TimeoutError after `patience` seconds.
        """
        answer = self._ask("wait", number, field, least, patience)
        if isinstance(answer, TimeoutError):
            raise answer
        return answer

    def sent(self, prompt: str) -> list[tuple[float, str]]:
        """The tokens of the newest reply to `prompt`, each after its time: `time.monotonic()`."""
        tokens: list[tuple[float, str]] = self._ask("sent", prompt)
        return tokens

    def _ask(self, *question: Any) -> Any:
        self._pipe.send(question)
        return self._pipe.recv()


def _serve(
    pipe: Connection,
    project: Path,
    tokens_per_second: float,
    port: int,
    certificate: Certificate | None,
) -> None:
    sys.path.insert(0, str(project))
    answer: Any = importlib.import_module("fake_model.answer")
    server = importlib.import_module("fake_model.server")
    answer.dialect = dialect = _TimedDialect(answer.dialect)
    tls = None
    if certificate is not None:
        tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
        tls.load_cert_chain(certificate.certificate, certificate.key)
    with server.FakeModel(port=port, tokens_per_second=tokens_per_second, tls=tls) as model:
        pipe.send(model.base_url)
        while True:
            try:
                question, *arguments = pipe.recv()
            except EOFError:
                return
            match question:
                case "count":
                    pipe.send(len(model.record))
                case "wait":
                    pipe.send(_wait(model, *arguments))
                case "sent":
                    pipe.send(dialect.sent[arguments[0]])


def _wait(model: Any, number: int, field: str, least: float | None, patience: float) -> Any:
    def reached(record: Any) -> Any:
        value = getattr(record[number], field) if len(record) > number else None
        return value if least is None or (value is not None and value >= least) else None

    try:
        return model.wait_for(reached, patience)
    except TimeoutError as error:
        return error


class _TimedDialect:
    """A dialect of the model that notes when each token is sent."""

    def __init__(self, dialect: Any) -> None:
        self._dialect = dialect
        self.sent: dict[str, list[tuple[float, str]]] = {}

    def __getattr__(self, name: str) -> Any:
        return getattr(self._dialect, name)

    def stream(self, request: Any, *counts: int) -> Any:
        stream = self._dialect.stream(request, *counts)
        tokens = self.sent[request.messages[-1].text] = []
        piece = stream.piece

        def timed_piece(text: str) -> Any:
            tokens.append((time.monotonic(), text))
            return piece(text)

        stream.piece = timed_piece
        return stream
