"""Queries from the event loop, in threads of their own.

Otherwise they would run in one thread for the whole process. Channels goes through that thread
before each frame of each page (`AsyncConsumer.dispatch` in channels/consumer.py), and djust renders
in it: a query that waits for the database would hold up everybody, and Stop. Two do so still: djust
calls `mount` in that thread, and where a login is required, `check_permissions`.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError, connection, transaction

P = ParamSpec("P")
T = TypeVar("T")

logger = logging.getLogger("chat")

# How soon a database that was away is tried again.
AGAIN_SECONDS = 0.7

# SQLite has one writer at a time. Others would sleep until they may write.
_at_once = 1 if connection.vendor == "sqlite" else 8
_queries = ThreadPoolExecutor(_at_once, thread_name_prefix="queries")
# Saves of running replies may all hang: a page's query does not wait for them.
_saves = ThreadPoolExecutor(_at_once, thread_name_prefix="saves")


def in_thread(query: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`query`, which blocks, as a coroutine function. It raises what `query` raises."""
    return _wrapped(query, _queries)


def saving(save: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """`in_thread` for what saves a running reply."""
    return _wrapped(save, _saves)


async def keep_trying(query: Callable[[], Coroutine[Any, Any, T]], failure: str) -> T:
    """Await `query` until the database answers. `failure` is what the log says in between."""
    while True:
        try:
            return await query()
        except (OperationalError, InterfaceError) as error:
            logger.warning("%s yet: %s", failure, error)
            await asyncio.sleep(AGAIN_SECONDS)


@contextlib.contextmanager
def few_round_trips() -> Iterator[None]:
    """A transaction in which a statement that returns no rows goes out with the next one.

    With PostgreSQL by psycopg's pipeline mode: an `update` does not tell there how many rows it has
    changed.
    """
    with contextlib.ExitStack() as stack:
        if connection.vendor == "postgresql":
            connection.ensure_connection()
            stack.enter_context(connection.connection.pipeline())
        stack.enter_context(transaction.atomic())
        yield


def _wrapped(
    query: Callable[P, T], threads: ThreadPoolExecutor
) -> Callable[P, Coroutine[Any, Any, T]]:
    wrapped: Callable[P, Coroutine[Any, Any, T]] = database_sync_to_async(
        query, thread_sensitive=False, executor=threads
    )
    return wrapped
