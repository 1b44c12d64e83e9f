"""A WebSocket to the application, without a server.

As `channels.testing.WebsocketCommunicator`, whose package cannot be imported without Daphne.
"""

import json
from typing import Any

from asgiref import testing


class WebSocket:
    """A connection that a test opens at `path`, with these HTTP headers."""

    def __init__(self, application: Any, path: str, headers: list[tuple[bytes, bytes]]) -> None:
        scope = {"type": "websocket", "path": path, "query_string": b"", "headers": headers}
        # asgiref's class is untyped.
        make: Any = testing.ApplicationCommunicator
        self._ends = make(application, {**scope, "subprotocols": []})

    async def connect(self, timeout: float) -> bool:
        """Whether the application accepts the connection. Raises `TimeoutError`."""
        await self._ends.send_input({"type": "websocket.connect"})
        answer: dict[str, Any] = await self._ends.receive_output(timeout)
        return str(answer["type"]) == "websocket.accept"

    async def send_json(self, message: dict[str, Any]) -> None:
        """Send a message as JSON."""
        await self._ends.send_input({"type": "websocket.receive", "text": json.dumps(message)})

    async def receive_json(self, timeout: float) -> Any:
        """The next message, from JSON. Raises `TimeoutError`; fails if the connection closes."""
        message = await self._ends.receive_output(timeout)
        assert message["type"] == "websocket.send", message
        return json.loads(message["text"])

    async def close(self) -> None:
        """Close the connection."""
        await self._ends.send_input({"type": "websocket.disconnect", "code": 1000})

    async def disconnect(self, timeout: float) -> None:
        """Close the connection, and wait until the application is done with it."""
        await self.close()
        await self._ends.wait(timeout)
