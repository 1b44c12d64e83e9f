"""Answers one request in the vendor's format, at the pace of a model, and records what was sent."""

import asyncio
import json
import time
from typing import Any

from . import dialect as chosen
from . import http1, script
from .contract import Dialect, FailureKind, Refused, Stream
from .record import Entry, Record

# The annotation makes the type checker compare the dialect with the contract.
dialect: Dialect = chosen


class Answer:
    """The response to one request."""

    def __init__(
        self,
        entry: Entry,
        record: Record,
        writer: asyncio.StreamWriter,
        tokens_per_second: float,
    ) -> None:
        self._entry = entry
        self._change = record.change
        self._writer = writer
        self._tokens_per_second = tokens_per_second

    async def to(self, request: http1.HttpRequest) -> None:
        """Send the whole response. Raises OSError if the client leaves."""
        if not dialect.route(request.method, request.path):
            await self._fail("route", f"{request.method} {request.path}")
            return
        try:
            body: dict[str, Any] = json.loads(request.body)
            # JSON allows half a surrogate pair, but UTF-8 cannot encode it: refuse it as malformed.
            json.dumps(body, ensure_ascii=False).encode()
            with self._change():
                self._entry.body = body
            asked = dialect.read(request.path, body)
        except Refused as refusal:
            await self._fail("refused", str(refusal))
            return
        except (ValueError, KeyError, TypeError) as error:
            await self._fail("malformed", f"{type(error).__name__}: {error}")
            return
        plan = script.plan(asked)
        with self._change():
            self._entry.model = asked.model
            self._entry.messages = asked.messages
            self._entry.system = asked.system
            self._entry.tools = [tool.name for tool in asked.tools]
            self._entry.results = list(asked.messages[-1].results) if asked.messages else []
            self._entry.words = plan.words
            self._entry.planned = plan.planned
        if plan.silent:
            await _for_ever()
        if plan.failure is not None:
            await self._fail(plan.failure, asked.model)
            return
        with self._change():
            self._entry.status = 200
        await http1.send(self._writer, http1.stream_head())
        await self._stream(dialect.stream(asked, *script.count(asked)), plan)

    async def _stream(self, stream: Stream, plan: script.Plan) -> None:
        await self._say(stream.begin())
        loop = asyncio.get_running_loop()
        pace = plan.tokens_per_second or self._tokens_per_second
        start = loop.time()
        for number, piece in enumerate(plan.thoughts + plan.pieces):
            # Each token has its own due time, so that delays of `sleep` do not add up.
            await asyncio.sleep(start + number / pace - loop.time())
            is_thought = number < len(plan.thoughts)
            await self._say(stream.thought(piece) if is_thought else stream.piece(piece))
            with self._change():
                if is_thought:
                    self._entry.thoughts += 1
                else:
                    self._entry.tokens += 1
        await self._call(stream, plan, 1 / pace)
        match plan.ending:
            case "stall":
                await _for_ever()
            case "drop":
                # Send less than the chunk's length announces.
                await http1.send(self._writer, http1.chunk(stream.piece("lost"))[:-8])
                self._writer.transport.abort()
                return
            case "error":
                await self._say(stream.error())
            case "garbage":
                await self._say(stream.garbage())
            case "stop" | "length" | "refusal":
                called = plan.ending == "stop" and plan.calls
                await self._say(stream.end("tool" if called else plan.ending))
                with self._change():
                    self._entry.finished = True
            case "cut":
                pass
        await http1.send(self._writer, http1.chunk(b""))

    async def _call(self, stream: Stream, plan: script.Plan, pause: float) -> None:
        """Send the calls; of the first one only half if the reply does not end as it should."""
        for call in plan.calls:
            bits = stream.call(call)
            is_whole = plan.ending == "stop"
            for bit in bits if is_whole else bits[: len(bits) // 2]:
                await asyncio.sleep(pause)
                await self._say(bit)
                with self._change():
                    self._entry.call_bits += 1
            if not is_whole:
                return
            with self._change():
                self._entry.calls.append(call)

    async def _say(self, data: bytes) -> None:
        if not data:
            return
        await http1.send(self._writer, http1.chunk(data))
        with self._change():
            self._entry.last_byte = time.monotonic()
            if self._entry.first_byte is None:
                self._entry.first_byte = self._entry.last_byte

    async def _fail(self, kind: FailureKind, detail: str) -> None:
        failure = dialect.failure(kind, detail)
        with self._change():
            self._entry.status = failure.status
            self._entry.first_byte = self._entry.last_byte = time.monotonic()
        response = http1.json_response(failure.status, failure.body, failure.headers)
        await http1.send(self._writer, response)


async def _for_ever() -> None:
    await asyncio.get_running_loop().create_future()
