"""Upstreams that do what the built-in model cannot: fixed answers, silence, a proxy, TLS."""

import json
import select
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from fake_model import dialect
from fake_model.contract import Request

STREAM = {"Content-Type": "text/event-stream"}

# A reply in the vendor's wire format: how it begins, with its text, and with its end.
_stream = dialect.stream(Request("a-model", [], "", None, {}), 3)
BEGIN = _stream.begin()
HI = BEGIN + _stream.piece("Hi")
END = _stream.end("stop")


@dataclass
class Answer:
    """A whole response; a body that is neither text nor bytes is sent as JSON.

    `pieces` follow the body, each after `pause` seconds. Then the connection ends, or with
    `stays_open` stays until the client ends it. It breaks off where "Content-Length" is too much.
    """

    status: int = 200
    body: Any = ""
    headers: dict[str, str] = field(default_factory=dict)
    pieces: Sequence[bytes] = ()
    pause: float = 0
    stays_open: bool = False


@dataclass
class Scripted:
    """A server and what it was asked: the path and the JSON body of each request."""

    address: str
    requests: list[tuple[str, Any]] = field(default_factory=list)


@contextmanager
def scripted(*answers: Answer) -> Iterator[Scripted]:
    """Serve each of `answers` once, then the last one again and again."""
    left = list(answers)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            sent = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append((self.path, json.loads(sent)))
            answer = left.pop(0) if len(left) > 1 else left[0]
            body = answer.body if isinstance(answer.body, str | bytes) else json.dumps(answer.body)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body.encode() if isinstance(body, str) else body)
            # OSError: the client has ended the connection.
            with suppress(OSError):
                for piece in answer.pieces:
                    time.sleep(answer.pause)
                    self.wfile.write(piece)
                if answer.stays_open:
                    self.rfile.read(1)

        def do_CONNECT(self) -> None:
            """What a proxy answers that was asked for a tunnel."""
            self.send_response(left[0].status)
            self.end_headers()

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the tests look at `requests`."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        server = Scripted(f"http://127.0.0.1:{http.server_port}")
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            http.shutdown()
            thread.join()


@contextmanager
def listening() -> Iterator[socket.socket]:
    """A socket that listens: the system connects whoever comes, and nothing ever answers."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(30)
        yield listener


@contextmanager
def connect_proxy() -> Iterator[tuple[str, list[str]]]:
    """An HTTP proxy that only knows CONNECT: its address, and each target it was asked for."""
    targets: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            targets.append(self.path)
            host, _, port = self.path.partition(":")
            with socket.create_connection((host, int(port))) as upstream:
                self.send_response(200)
                self.end_headers()
                ends = {self.connection: upstream, upstream: self.connection}
                while True:
                    for end in select.select(list(ends), [], [])[0]:
                        data = end.recv(65536)
                        if not data:
                            return
                        ends[end].sendall(data)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: the tests look at the targets."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}", targets
        finally:
            http.shutdown()
            thread.join()


@dataclass
class Certificate:
    """A self-signed certificate of 127.0.0.1: the server's side, and a client that trusts it."""

    server: ssl.SSLContext
    client: ssl.SSLContext


def self_signed() -> Certificate:
    """The one in `self_signed.pem`, which lasts for a hundred years."""
    file = Path(__file__).with_name("self_signed.pem")
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server.load_cert_chain(file)
    return Certificate(server, ssl.create_default_context(cafile=str(file)))
