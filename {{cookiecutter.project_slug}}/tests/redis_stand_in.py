"""A small server in place of Redis: what the bus needs of it, over its protocol (RESP2).

https://redis.io/docs/latest/develop/reference/protocol-spec/
"""

import asyncio
import threading
from collections.abc import Coroutine
from typing import Any

Answer = bytes | int | list[Any] | None


class RedisStandIn:
    """It serves in a thread of its own, so that it answers whatever the loop of a test does."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._subscribers: dict[bytes, set[asyncio.StreamWriter]] = {}
        self._values: dict[bytes, tuple[bytes, float]] = {}
        self._connections: set[asyncio.StreamWriter] = set()
        self._is_frozen = False
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._server = self._run(asyncio.start_server(self._serve, "127.0.0.1", port))

    def stop(self) -> None:
        """End as a server that is shut down: each connection closes."""
        self._run(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def freeze(self) -> None:
        """Accept what comes, and answer nothing."""
        self._is_frozen = True

    def _run(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result()

    async def _close(self) -> None:
        self._server.close()
        for writer in self._connections:
            writer.transport.abort()
        await asyncio.sleep(0)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._connections.add(writer)
        try:
            while True:
                command = await self._read(reader)
                if not self._is_frozen:
                    self._answer(writer, command)
        except (OSError, EOFError):
            return
        finally:
            self._connections.discard(writer)
            for subscribers in self._subscribers.values():
                subscribers.discard(writer)
            writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> list[bytes]:
        """A command: an array of strings, each with its length before it."""
        count = int((await reader.readuntil(b"\r\n"))[1:])
        command = []
        for _ in range(count):
            length = int((await reader.readuntil(b"\r\n"))[1:])
            command.append((await reader.readexactly(length + 2))[:-2])
        return command

    def _answer(self, writer: asyncio.StreamWriter, command: list[bytes]) -> None:
        match [command[0].upper(), *command[1:]]:
            case [b"SUBSCRIBE" | b"UNSUBSCRIBE" as verb, *channels]:
                for channel in channels:
                    subscribers = self._subscribers.setdefault(channel, set())
                    change = subscribers.add if verb == b"SUBSCRIBE" else subscribers.discard
                    change(writer)
                    writer.write(encode([verb.lower(), channel, 1]))
            case [b"PUBLISH", channel, text]:
                subscribers = self._subscribers.get(channel, set())
                for subscriber in subscribers:
                    subscriber.write(encode([b"message", channel, text]))
                writer.write(encode(len(subscribers)))
            case [b"PUBSUB", b"NUMSUB", channel]:
                writer.write(encode([channel, len(self._subscribers.get(channel, ()))]))
            case [b"SET", key, value, b"PX", life]:
                self._values[key] = value, self._loop.time() + int(life) / 1000
                writer.write(b"+OK\r\n")
            case [b"DEL", key]:
                writer.write(encode(int(self._values.pop(key, None) is not None)))
            case [b"MGET", *keys]:
                writer.write(encode([self._value(key) for key in keys]))
            case [b"PING"]:
                writer.write(encode([b"pong", b""]))
            case _:
                writer.write(b"+OK\r\n")

    def _value(self, key: bytes) -> bytes | None:
        value, until = self._values.get(key, (None, 0.0))
        return value if until > self._loop.time() else None


def encode(answer: Answer) -> bytes:
    """An answer as it goes over the connection."""
    if answer is None:
        return b"$-1\r\n"
    if isinstance(answer, int):
        return b":%d\r\n" % answer
    if isinstance(answer, list):
        return b"*%d\r\n" % len(answer) + b"".join(map(encode, answer))
    assert isinstance(answer, bytes)
    return b"$%d\r\n%s\r\n" % (len(answer), answer)
