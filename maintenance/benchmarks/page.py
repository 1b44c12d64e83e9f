"""An open page of a baked project without a browser: its session, its WebSocket, its events."""

import http.client
import json
import socket
import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, Self

from model import PATIENCE_SECONDS
from websockets.sync.client import connect
from websockets.typing import Origin

Frame = dict[str, Any]


class Page:
    """Speaks as djust's client and `chat/static/chat/log.js` do."""

    def __init__(self, port: int, host: str = "127.0.0.1") -> None:
        """`host` is where it comes from: the project allows 100 sockets from one address."""
        self._port = port
        self._host = host
        self._ref = 0
        self.cookies = ""

    def __enter__(self) -> Self:
        """Open the page, connect, mount, and follow the conversation."""
        self.cookies = cookies(self._port)
        self._socket = connect(
            f"ws://127.0.0.1:{self._port}/ws/live/",
            origin=Origin(f"http://127.0.0.1:{self._port}"),
            additional_headers={"Cookie": self.cookies},
            source_address=(self._host, 0),
            max_size=None,
        ).__enter__()
        self._socket.send(mount_frame())
        self.wait_for("chat:connected")
        self.send("follow", conversation="", turn=0, reply=0, status="")
        self.wait_for("chat:turns")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Leave as a closed tab does."""
        self._socket.close()

    def drop(self) -> None:
        """Leave as a lost network does: without a word of the WebSocket's."""
        self._socket.socket.shutdown(socket.SHUT_RDWR)

    def navigate(self) -> float:
        """Go to another view over the same socket, and return the time just before."""
        sent = time.monotonic()
        self._socket.send(mount_frame("live_redirect_mount"))
        return sent

    def send(self, event: str, **params: Any) -> float:
        """Send an event, and return the `time.monotonic()` just before."""
        self._ref += 1
        text = event_frame(self._ref, event, **params)
        sent = time.monotonic()
        self._socket.send(text)
        return sent

    def wait(self, wanted: Callable[[Frame], bool]) -> Frame:
        """Read frames up to a wanted one. Raises TimeoutError, and RuntimeError for an error."""
        deadline = time.monotonic() + PATIENCE_SECONDS
        while True:
            frame: Frame = json.loads(self._socket.recv(timeout=deadline - time.monotonic()))
            if frame.get("type") == "error":
                raise RuntimeError(f"djust refused an event: {frame}")
            if wanted(frame):
                return frame

    def wait_for(self, event: str) -> dict[str, Any]:
        """Read frames up to a push event, and return its payload.

        Raises TimeoutError, or RuntimeError if the reply ends while its text is waited for.
        """
        events = (event, "chat:end") if event == "chat:text" else (event,)
        frame = self.wait(lambda frame: frame.get("event") in events)
        if frame["event"] != event:
            raise RuntimeError(f"the reply ended before its text: {frame['payload']}")
        payload: dict[str, Any] = frame["payload"]
        return payload

    def new_chat(self) -> None:
        """Begin a conversation without history."""
        self.send("new_chat")
        self.wait(lambda frame: frame.get("event") == "chat:turns" and frame["payload"]["replaces"])

    def ask(self, prompt: str) -> float:
        """Send a prompt, and return the `time.monotonic()` just before it was sent."""
        sent = self.send("submit", prompt=prompt)
        self.wait_for("chat:sent")
        return sent


def mount_frame(kind: str = "mount") -> str:
    """What djust's client sends first, and for a link to another view."""
    view = "chat.page.chat_view.ChatView"
    return json.dumps({"type": kind, "view": view, "params": {}, "url": "/"})


def event_frame(ref: int, event: str, **params: Any) -> str:
    """An event as djust's client sends it; `ref` counts them."""
    return json.dumps({"type": "event", "event": event, "params": params, "ref": ref})


def cookies(port: int) -> str:
    """The cookies of a new session, for a `Cookie` header."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/")
    response = connection.getresponse()
    response.read()
    connection.close()
    if response.status != 200:
        raise RuntimeError(f"GET / was answered with {response.status}")
    given = [value for name, value in response.getheaders() if name.lower() == "set-cookie"]
    return "; ".join(value.partition(";")[0] for value in given)
