"""One reply: inserted, read, saved while it streams, and ended."""

import asyncio
import codecs
import contextlib
import logging
import time
from collections.abc import Callable
from datetime import timedelta

from channels.db import database_sync_to_async
from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.utils import timezone

from chat import error_messages
from chat.models import Reply
from chat.provider.errors import ProviderError
from chat.provider.events import Finish, Message, Text, Usage
from chat.replies import rows

logger = logging.getLogger("chat")

Status = Reply.Status
# The row is at most a second behind the page.
SAVE_SECONDS = 0.7
# The detail of these errors often quotes the prompt, so it is kept out of the log.
QUOTING = {"bad_request", "context_too_long", "refused"}


class RunningReply:
    """One reply: its row, its request, and how it ended.

    `reply` is the row with the text so far. `begun` is done once the row is inserted.
    """

    reply: Reply

    def __init__(self, begin: Callable[[], rows.Begun], notify: Callable[[], None]) -> None:
        """`begin` inserts the row and blocks; `notify` is called at each change."""
        self.begun: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self._begin = begin
        self._notify = notify
        self._stopped_as: Status | None = None
        self._started = time.monotonic()
        self._first_text: float | None = None
        self._reading: asyncio.Task[None] | None = None

    def stop(self, status: Status) -> None:
        """Close the upstream connection at once, and let the reply end as `status`.

        Before there is a connection, none will be made. Only the first call counts: another one
        would interrupt the closing.
        """
        if self._stopped_as is not None:
            return
        self._stopped_as = status
        if self._reading is not None:
            self._reading.cancel()

    async def run(self) -> None:
        """Insert the row, read the reply until something ends it, and save it."""
        try:
            self.reply, messages = await database_sync_to_async(self._begin)()
        except Exception as error:
            self.begun.set_exception(error)
            return
        self.begun.set_result(self.reply)
        self._notify()
        self._reading = asyncio.create_task(self._read(messages))
        if self._stopped_as is not None:
            # Cancelled before its first step, it sends no request.
            self._reading.cancel()
        try:
            while not self._reading.done():
                await asyncio.wait([self._reading], timeout=SAVE_SECONDS)
                if not self._reading.done() and await self._save() is False:
                    self.stop(Status.INTERRUPTED)
            self._settle(self._reading)
            await self._save_end()
        except Exception:
            # A row that stayed streaming would allow no other reply.
            logger.exception("reply %s could not be saved", self.reply.pk)
            self._reading.cancel()
            self.reply.status, self.reply.note = Status.FAILED, error_messages.INTERNAL
            self.reply.input_tokens = self.reply.output_tokens = None
            await self._save_end()
        self._log()

    async def _read(self, messages: list[Message]) -> None:
        # The SDK takes a second to import: only a process that replies should load it.
        from chat.provider.reader import read_reply

        idle = settings.CHAT_IDLE_TIMEOUT_SECONDS
        # Some servers split an emoji over two chunks, and half a surrogate pair cannot be saved.
        whole = codecs.getincrementaldecoder("utf-16-le")("replace")
        finish = None
        try:
            async with (
                asyncio.timeout(idle) as limit,
                contextlib.aclosing(read_reply(messages)) as events,
            ):
                async for event in events:
                    limit.reschedule(asyncio.get_running_loop().time() + idle)
                    match event:
                        case Text():
                            self._first_text = self._first_text or time.monotonic()
                            halves = event.text.encode("utf-16-le", "surrogatepass")
                            # PostgreSQL cannot store U+0000.
                            self.reply.text += whole.decode(halves).replace("\0", "\ufffd")
                            self._notify()
                        case Usage():
                            self._count(event)
                        case Finish():
                            finish = event
        except TimeoutError:
            raise ProviderError("silent") from None
        if finish is None:
            raise ProviderError("cut_off" if self.reply.text else "empty")
        if finish.reason == "refused":
            raise ProviderError("refused")
        if finish.reason == "stop" and not self.reply.text.strip():
            raise ProviderError("empty")
        if finish.reason == "length":
            self.reply.note = error_messages.LENGTH

    def _count(self, usage: Usage) -> None:
        for field in ("input_tokens", "output_tokens"):
            number = getattr(usage, field)
            # Some servers send -1 for "not counted".
            if isinstance(number, int) and number >= 0:
                setattr(self.reply, field, number)

    def _settle(self, reading: asyncio.Task[None]) -> None:
        if reading.cancelled():
            self.reply.status = self._stopped_as or Status.INTERRUPTED
            if self.reply.status == Status.INTERRUPTED:
                self.reply.note = error_messages.INTERRUPTED
            return
        error = reading.exception()
        if error is None:
            self.reply.status = Status.COMPLETE
            return
        problem = error if isinstance(error, ProviderError) else ProviderError("internal")
        if problem.kind == "internal":
            logger.error("reply %s: fault in the chat itself", self.reply.pk, exc_info=error)
        elif problem.kind in QUOTING:
            logger.warning("reply %s: %s (its note says why)", self.reply.pk, problem.kind)
        elif problem.detail:
            logger.warning("reply %s: %s (%s)", self.reply.pk, problem.kind, problem.detail)
        self._fail(problem)

    def _fail(self, problem: ProviderError) -> None:
        self.reply.status = Status.FAILED
        self.reply.note = error_messages.for_error(problem)
        if problem.retry_after is not None:
            self.reply.retry_at = timezone.now() + timedelta(seconds=problem.retry_after)

    async def _save_end(self) -> None:
        while await self._save() is None:
            await asyncio.sleep(SAVE_SECONDS)

    async def _save(self) -> bool | None:
        """Whether the row was still streaming; None while the database cannot be written."""
        try:
            saved: bool = await database_sync_to_async(rows.save)(self.reply)
        except (OperationalError, InterfaceError) as error:
            logger.warning("reply %s is not saved yet: %s", self.reply.pk, error)
            return None
        return saved

    def _log(self) -> None:
        first = f"{self._first_text - self._started:.3f} s" if self._first_text else "none"
        logger.info(
            "reply %s %s: first text %s, whole %.3f s, tokens in %s, out %s",
            self.reply.pk,
            self.reply.status,
            first,
            time.monotonic() - self._started,
            self.reply.input_tokens,
            self.reply.output_tokens,
        )
