"""One connection: read a request, answer it, record it, and notice when the client leaves."""

import asyncio
import contextlib
import json
import time
from typing import Any, Literal, NoReturn

from . import dialect as chosen
from . import http1, script
from .contract import Dialect, FailureKind, Refused, Stream
from .record import Entry, Record

# The annotation makes the type checker compare the dialect with the contract.
dialect: Dialect = chosen


class Connection:
    """Serves one request, until the client or the server closes the connection."""

    def __init__(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        record: Record,
        tokens_per_second: float,
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._record = record
        self._tokens_per_second = tokens_per_second
        # With almost no buffer, `drain` returns only when the bytes are sent. 0 would not work:
        # asyncio's TLS transport pauses at the limit, not above it, and would never resume.
        writer.transport.set_write_buffer_limits(high=1)

    async def serve(self) -> None:
        """Answer one request, then close the connection."""
        try:
            with contextlib.suppress(asyncio.IncompleteReadError, OSError):
                # The client left before it had sent a whole request: there is nothing to answer.
                await self._serve_request()
            self._writer.close()
            with contextlib.suppress(OSError):
                # The response is sent, so an error while closing does not matter.
                await self._writer.wait_closed()
        finally:
            self._writer.transport.abort()

    async def _serve_request(self) -> None:
        try:
            request = await http1.read_request(self._reader)
        except (ValueError, asyncio.LimitOverrunError) as error:
            await self._send(http1.response(400, "text/plain", f"{error}\n".encode(), {}))
            return
        if (request.method, request.path) == ("GET", "/"):
            about = script.about(*dialect.example("/long 50")).encode()
            await self._send(http1.response(200, "text/plain; charset=utf-8", about, {}))
        elif (request.method, request.path) == ("GET", "/record"):
            await self._send(http1.json_response(200, self._record.as_json(), {}))
        else:
            await self._serve_model(request)

    async def _serve_model(self, request: http1.HttpRequest) -> None:
        entry = Entry(request.path)
        self._record.add(entry)
        ended_by: Literal["client", "server"] = "server"
        try:
            async with asyncio.TaskGroup() as group:
                # Between tokens nothing is written, so only a read notices that the client has
                # left. The task then raises, and the task group cancels the answer.
                leaving = group.create_task(self._see_client_leave())
                await self._answer(request, entry)
                leaving.cancel()
        except* OSError:
            ended_by = "client"
            self._writer.transport.abort()
        finally:
            with self._record.change():
                entry.ended = time.monotonic()
                entry.ended_by = ended_by

    async def _see_client_leave(self) -> NoReturn:
        while await self._reader.read(65536):
            pass
        raise ConnectionResetError("the client closed the connection")

    async def _answer(self, request: http1.HttpRequest, entry: Entry) -> None:
        if not dialect.route(request.method, request.path):
            await self._fail("route", f"{request.method} {request.path}", entry)
            return
        try:
            body: dict[str, Any] = json.loads(request.body)
            # JSON allows half a surrogate pair, but UTF-8 cannot encode it: refuse it as malformed.
            json.dumps(body, ensure_ascii=False).encode()
            with self._record.change():
                entry.body = body
            asked = dialect.read(request.path, body)
        except Refused as refusal:
            await self._fail("refused", str(refusal), entry)
            return
        except (ValueError, KeyError, TypeError) as error:
            await self._fail("malformed", f"{type(error).__name__}: {error}", entry)
            return
        plan = script.plan(asked)
        with self._record.change():
            entry.messages = asked.messages
            entry.system = asked.system
            entry.tools = [tool.name for tool in asked.tools]
            entry.results = list(asked.messages[-1].results) if asked.messages else []
            entry.words = plan.words
        if plan.silent:
            await _for_ever()
        if plan.failure is not None:
            await self._fail(plan.failure, asked.model, entry)
            return
        with self._record.change():
            entry.status = 200
        await self._send(http1.stream_head())
        await self._stream(dialect.stream(asked, *script.count(asked)), plan, entry)

    async def _stream(self, stream: Stream, plan: script.Plan, entry: Entry) -> None:
        await self._say(stream.begin(), entry)
        loop = asyncio.get_running_loop()
        pace = plan.tokens_per_second or self._tokens_per_second
        start = loop.time()
        for number, piece in enumerate(plan.thoughts + plan.pieces):
            # Each token has its own due time, so that delays of `sleep` do not add up.
            await asyncio.sleep(start + number / pace - loop.time())
            is_thought = number < len(plan.thoughts)
            await self._say(stream.thought(piece) if is_thought else stream.piece(piece), entry)
            with self._record.change():
                if is_thought:
                    entry.thoughts += 1
                else:
                    entry.tokens += 1
        await self._call(stream, plan, entry, 1 / pace)
        match plan.ending:
            case "stall":
                await _for_ever()
            case "drop":
                # Send less than the chunk's length announces.
                await self._send(http1.chunk(stream.piece("lost"))[:-8])
                self._writer.transport.abort()
                return
            case "error":
                await self._say(stream.error(), entry)
            case "garbage":
                await self._say(stream.garbage(), entry)
            case "stop" | "length" | "refusal":
                called = plan.ending == "stop" and plan.calls
                await self._say(stream.end("tool" if called else plan.ending), entry)
                with self._record.change():
                    entry.finished = True
            case "cut":
                pass
        await self._send(http1.chunk(b""))

    async def _call(self, stream: Stream, plan: script.Plan, entry: Entry, pause: float) -> None:
        """Send the calls; of the first one only half if the reply does not end as it should."""
        for call in plan.calls:
            bits = stream.call(call)
            is_whole = plan.ending == "stop"
            for bit in bits if is_whole else bits[: len(bits) // 2]:
                await asyncio.sleep(pause)
                await self._say(bit, entry)
                with self._record.change():
                    entry.call_bits += 1
            if not is_whole:
                return
            with self._record.change():
                entry.calls.append(call)

    async def _say(self, data: bytes, entry: Entry) -> None:
        if not data:
            return
        await self._send(http1.chunk(data))
        if entry.first_byte is None:
            with self._record.change():
                entry.first_byte = time.monotonic()

    async def _fail(self, kind: FailureKind, detail: str, entry: Entry) -> None:
        failure = dialect.failure(kind, detail)
        with self._record.change():
            entry.status = failure.status
            entry.first_byte = time.monotonic()
        await self._send(http1.json_response(failure.status, failure.body, failure.headers))

    async def _send(self, data: bytes) -> None:
        self._writer.write(data)
        await self._writer.drain()


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()
