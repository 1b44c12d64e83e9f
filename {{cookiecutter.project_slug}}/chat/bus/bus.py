"""Messages between the server processes through Redis: off without REDIS_URL.

A process hears the channels that it listens to. What is sent while Redis is away is lost: the rows
of replies are the truth, and whoever has missed something reads them. Nobody waits for Redis.
"""

import asyncio
import json
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import connection
from django.utils.crypto import salted_hmac

if TYPE_CHECKING:
    from chat.bus.connections import Connections

logger = logging.getLogger("chat")


def name(*parts: object) -> str:
    """The name of a channel or a key, which no other project or database on this Redis has."""
    database = str(connection.settings_dict["NAME"])
    ours = salted_hmac("chat.bus", database, algorithm="sha256").hexdigest()[:16]
    return ":".join(["chat", ours, *map(str, parts)])


class Bus:
    """It connects when somebody begins to listen."""

    def __init__(self) -> None:
        self._connections: Connections | None = None
        self._me = ""

    @property
    def up_since(self) -> float | None:
        """Since when Redis has answered, by `time.monotonic()`; None while it is away."""
        return self._connections.up_since if self._connections else None

    def listen(
        self, channel: str, hear: Callable[[Any], None], begin: Callable[[], None] = lambda: None
    ) -> None:
        """Call `hear` with each message of a channel, until `leave`.

        `begin` is called once messages are heard, and after each break, in which some may be lost.
        """
        if settings.CHAT_REDIS_URL and (connections := self._connected()):
            connections.listen(channel, lambda text: self._take(text, hear), begin)

    def leave(self, channel: str) -> None:
        if self._connections is not None:
            self._connections.leave(channel)

    def send(self, channel: str, message: Any) -> asyncio.Future[int]:
        """Send a message, made of what JSON has, to all processes that listen to a channel.

        The future, which nobody has to await, is how many have got it; 0 while Redis is away.
        """
        sent: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        if self._connections is None or self.up_since is None:
            sent.set_result(0)
        else:
            self._connections.send(channel, json.dumps([self._me, message]), sent)
        return sent

    async def ask(self, *command: Any) -> Any:
        """The answer to a command of Redis; None while it is away."""
        if self._connections is None or self.up_since is None:
            return None
        return await self._connections.ask(*command)

    async def listeners(self, channel: str) -> int:
        """How many other processes listen to a channel; 0 while Redis is away."""
        if self._connections is None:
            return 0
        is_mine = self._connections.is_subscribed(channel)
        answer = await self.ask("PUBSUB", "NUMSUB", channel)
        return int(answer[1]) - is_mine if answer else 0

    async def close(self) -> None:
        """Send what is left, and end the connections."""
        if self._connections is not None:
            await self._connections.close()
            self._connections = None

    def _connected(self) -> "Connections | None":
        if self._connections is None:
            try:
                # Only here: few installations have it.
                from chat.bus.connections import Connections
            except ModuleNotFoundError:
                logger.error("REDIS_URL is set, but redis is not installed: see manage.py check")
                return None
            self._connections = Connections(settings.CHAT_REDIS_URL)
            # By this, a process does not hear itself.
            self._me = secrets.token_hex(4)
        return self._connections

    def _take(self, text: str, hear: Callable[[Any], None]) -> None:
        try:
            sender, message = json.loads(text)
            if sender != self._me:
                hear(message)
        except Exception as error:
            # It may quote the message, which may hold the text of a user.
            logger.error("a message of a process is not understood: %s", type(error).__name__)


bus = Bus()
