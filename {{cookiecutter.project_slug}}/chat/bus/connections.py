"""The connections to Redis: one that listens, and one that sends.

An exception of redis-py may quote a command, and with it the text of a user: only the name of its
class is logged.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import ExponentialWithJitterBackoff, NoBackoff
from redis.exceptions import RedisError

# Redis counts as away if it does not answer within this time.
PATIENCE_SECONDS = 1
# How long the longest pause is between two attempts to connect.
BACKOFF_SECONDS = 0.5
# If nothing has come for this time, Redis is asked for a sign of life.
SILENCE_SECONDS = 2

logger = logging.getLogger("chat")


class Listener(NamedTuple):
    """What to do with the messages of a channel, and once they are heard (again)."""

    hear: Callable[[str], None]
    begin: Callable[[], None]


class Connections:
    """Begins to connect at once, and again after each break, until `close`."""

    def __init__(self, url: str) -> None:
        # By `time.monotonic()`; None while Redis is away.
        self.up_since: float | None = None
        self._client = Redis.from_url(
            url,
            decode_responses=True,
            protocol=2,  # With 3, redis-py writes each message to its log of level DEBUG.
            socket_timeout=PATIENCE_SECONDS,
            socket_connect_timeout=PATIENCE_SECONDS,
            retry=Retry(NoBackoff(), 0),  # `_keep_listening` tries again.
        )
        self._is_told = self._has_failed = self._is_closed = False
        self._pubsub: PubSub | None = None
        self._listeners: dict[str, Listener] = {}
        self._subscribed: set[str] = set()
        self._confirmed: set[str] = set()
        self._outgoing: list[tuple[str, str, asyncio.Future[int]]] = []
        self._asking: set[asyncio.Task[Any]] = set()
        self._has_work = asyncio.Event()
        self._tasks = [
            asyncio.create_task(self._keep_listening(), name="bus: listening"),
            asyncio.create_task(self._keep_sending(), name="bus: sending"),
        ]

    def listen(self, channel: str, hear: Callable[[str], None], begin: Callable[[], None]) -> None:
        self._listeners[channel] = Listener(hear, begin)
        if channel in self._confirmed:
            asyncio.get_running_loop().call_soon(begin)
        self._has_work.set()

    def leave(self, channel: str) -> None:
        if self._listeners.pop(channel, None):
            self._has_work.set()

    def is_subscribed(self, channel: str) -> bool:
        return channel in self._subscribed

    def send(self, channel: str, text: str, sent: asyncio.Future[int]) -> None:
        self._outgoing.append((channel, text, sent))
        self._has_work.set()

    async def ask(self, *command: Any) -> Any:
        # A task of its own: on Python 3.11, redis-py can lose the cancellation of the caller.
        self._asking.add(task := asyncio.create_task(self._ask(*command)))
        task.add_done_callback(self._asking.discard)
        return await asyncio.shield(task)

    async def _ask(self, *command: Any) -> Any:
        try:
            return await self._client.execute_command(*command)  # type: ignore[no-untyped-call]
        except (RedisError, OSError) as error:
            await self._away(error)
            return None

    async def close(self) -> None:
        if self._outgoing:
            await asyncio.wait([self._outgoing[-1][2]], timeout=PATIENCE_SECONDS)
        # In case a cancellation is lost, as in `ask`.
        self._is_closed = True
        for task in self._tasks:
            task.cancel()
        await asyncio.wait(self._tasks, timeout=PATIENCE_SECONDS)
        await self._client.aclose()

    async def _keep_listening(self) -> None:
        backoff = ExponentialWithJitterBackoff(cap=BACKOFF_SECONDS, base=BACKOFF_SECONDS / 10)
        # Of a connection that breaks just now, redis-py may raise AttributeError as well.
        retry = Retry(backoff, -1, (Exception,))  # type: ignore[arg-type]
        await retry.call_with_retry(self._listen, self._away)

    async def _listen(self) -> None:
        """Hear what comes, until the connection breaks and this raises."""
        async with self._client.pubsub() as pubsub:
            self._subscribed, self._confirmed = set(self._listeners), set()
            await pubsub.subscribe(*self._subscribed)
            self._pubsub = pubsub
            is_asked = self._has_failed = False
            try:
                while not self._is_closed:
                    message = await pubsub.get_message(timeout=SILENCE_SECONDS)
                    if message is not None:
                        self._take(message)
                    elif is_asked:
                        raise TimeoutError
                    else:
                        await pubsub.ping()
                    is_asked = message is None
                    if self._has_failed:
                        raise ConnectionError
            finally:
                self._pubsub = self.up_since = None

    def _take(self, message: dict[str, Any]) -> None:
        if self.up_since is None and not self._has_failed:
            self.up_since = time.monotonic()
            self._has_work.set()
            if self._is_told:
                self._is_told = False
                logger.info("Redis answers again")
        channel = message["channel"] or ""
        if listener := self._listeners.get(channel):
            if message["type"] == "subscribe":
                self._confirmed.add(channel)
                listener.begin()
            elif message["type"] == "message":
                listener.hear(message["data"])

    async def _keep_sending(self) -> None:
        while not self._is_closed:
            await self._has_work.wait()
            self._has_work.clear()
            batch, self._outgoing = self._outgoing, []
            counts = [0] * len(batch)
            try:
                if self._pubsub is not None:
                    await self._subscribe(self._pubsub)
                if batch and self.up_since is not None:
                    pipeline = self._client.pipeline(transaction=False)
                    for channel, text, _ in batch:
                        pipeline.publish(channel, text)
                    counts = await pipeline.execute()
            except Exception as error:
                await self._away(error)
            for (_, _, sent), count in zip(batch, counts, strict=True):
                if not sent.done():
                    sent.set_result(count)

    async def _subscribe(self, pubsub: PubSub) -> None:
        """Listen to what was added since the last time, and no more to what was left."""
        new = self._listeners.keys() - self._subscribed
        old = self._subscribed - self._listeners.keys()
        self._subscribed = (self._subscribed - old) | new
        self._confirmed -= old
        if new:
            await pubsub.subscribe(*new)
        if old:
            await pubsub.unsubscribe(*old)

    async def _away(self, error: Exception) -> None:
        self.up_since, self._has_failed = None, True
        if not (self._is_told or self._is_closed):
            self._is_told = True
            logger.warning(
                "Redis is away (%s): other processes are followed by their rows",
                type(error).__name__,
            )
