"""One reply: inserted, read, saved while it streams, and ended."""

import asyncio
import logging
from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from chat import (
    error_messages,
    metrics,  # metrics
)
from chat.database import in_thread, saving
from chat.limits import hooks  # limits
from chat.models import Reply
from chat.provider.errors import ProviderError
from chat.provider.messages import Request
from chat.replies import (
    rows,
    rows_elsewhere,
    usage,  # usage
)
from chat.replies.response import Read, read_response
from chat.tools.rounds import ToolRounds  # tools

logger = logging.getLogger("chat")

Status = Reply.Status
# The row is at most a second behind the page.
SAVE_SECONDS = 0.7
# The detail of these errors often quotes the prompt, so it is kept out of the log.
QUOTING = {"bad_request", "context_too_long", "refused", "wrong_address"}


class RunningReply:
    """One reply: its row, its requests, and how it ended.

    `reply` is the row with the text so far. `begun` is done once the row is inserted, and `left` is
    set once another reply may begin.
    """

    reply: Reply
    request: Request | None = None

    def __init__(self, begin: Callable[[], rows.Begun], notify: Callable[[], None]) -> None:
        """`begin` inserts the row and blocks; `notify` is called at each change."""
        self.begun: asyncio.Future[Reply] = asyncio.get_running_loop().create_future()
        self.left = asyncio.Event()
        self.tools = ToolRounds(notify)  # tools
        self._begin = begin
        self._notify = notify
        self._tally = usage.Tally()  # usage
        self.stopped_as: Status | None = None
        self._reading: asyncio.Task[None] | None = None

    @property
    def has_ended(self) -> bool:
        """Whether the model has ended it, and it is being saved."""
        is_begun = self.begun.done() and self.begun.exception() is None
        return is_begun and self.reply.status != Status.STREAMING

    def stop(self, status: Status) -> None:
        """Close the upstream connection at once, and let the reply end as `status`.

        Before there is a connection, none will be made. Only the first call counts: another one
        would interrupt the closing.
        """
        if self.stopped_as is not None:
            return
        self.stopped_as = status
        metrics.time_stop(self._reading)  # metrics
        if self._reading is not None:
            self._reading.cancel()

    async def run(self) -> None:
        """Insert the row, read the reply until something ends it, and save it."""
        try:
            self.reply, self.request = await in_thread(self._begin)()
        except Exception as error:
            self.begun.set_exception(error)
            return
        self.tools.load(self.reply)  # tools
        self._tally.load(self.reply)  # usage
        self.begun.set_result(self.reply)
        self._notify()
        self._reading = asyncio.create_task(self._read(self.request))
        metrics.count_stream(self._reading)  # metrics
        if self.stopped_as is not None:
            # Cancelled before its first step, it sends no request.
            self._reading.cancel()
        try:
            while not self._reading.done():
                await asyncio.wait([self._reading], timeout=SAVE_SECONDS)
                self._tally.write_to(self.reply)  # usage
                if not self._reading.done() and await self._save() is False:
                    # Another process has ended it: `_save_end` takes over how.
                    self.stop(Status.INTERRUPTED)
            if problem := self._settle(self._reading):
                # Its sentence may name a line of `.env`, which is read for it.
                await asyncio.to_thread(self._fail, problem)
            self.tools.settle(self.reply)  # tools
            await self._save_end()
        except Exception:
            # A row that stayed streaming would allow no other reply.
            logger.exception("reply %s could not be saved", self.reply.pk)
            self._reading.cancel()
            self.reply.status, self.reply.note = Status.FAILED, error_messages.INTERNAL
            usage.forget(self.reply)  # usage
            await self._save_end()
        usage.log(self.reply)  # usage
        metrics.count_reply(self.reply)  # metrics

    async def _read(self, request: Request) -> None:
        """Read the one response of the model, or several where it calls tools."""
        read: Read = partial(
            read_response,
            self.reply,
            tally=self._tally,  # usage
            notify=self._notify,
        )
        read = hooks.limited(read, self.reply, self._tally.write_to)  # limits
        read = self.tools.between(read)  # tools
        if await read(request):
            raise ProviderError("tool_call")

    def _settle(self, reading: asyncio.Task[None]) -> ProviderError | None:
        """Take in how the reading ended. Returns why the reply has failed, if it has."""
        self._tally.write_to(self.reply)  # usage
        self.reply.reasoning = self.reply.reasoning.rstrip()
        if reading.cancelled():
            self.reply.status = self.stopped_as or Status.INTERRUPTED
            if self.reply.status == Status.INTERRUPTED:
                self.reply.note = error_messages.INTERRUPTED
            return None
        error = reading.exception()
        if error is None:
            self.reply.status = Status.COMPLETE
            return None
        problem = error if isinstance(error, ProviderError) else ProviderError("internal")
        if problem.kind == "internal":
            logger.error("reply %s: fault in the chat itself", self.reply.pk, exc_info=error)
        elif problem.kind in QUOTING:
            logger.warning("reply %s: %s (its note says why)", self.reply.pk, problem.kind)
        elif problem.detail:
            logger.warning("reply %s: %s (%s)", self.reply.pk, problem.kind, problem.detail)
        return problem

    def _fail(self, problem: ProviderError) -> None:
        self.reply.status = Status.FAILED
        self.reply.note = error_messages.for_error(problem, self.reply.model)
        if problem.retry_after is not None:
            self.reply.retry_at = timezone.now() + timedelta(seconds=problem.retry_after)

    async def _save_end(self) -> None:
        while (was_streaming := await self._save()) is None:
            await asyncio.sleep(SAVE_SECONDS)
        if not was_streaming:
            await in_thread(rows_elsewhere.take_over_end)(self.reply)

    async def _save(self) -> bool | None:
        """Whether the row was still streaming; None while the database cannot be written."""
        try:
            saved: bool = await saving(rows.save)(self.reply)
        except (OperationalError, InterfaceError) as error:
            logger.warning("reply %s is not saved yet: %s", self.reply.pk, error)
            return None
        return saved
