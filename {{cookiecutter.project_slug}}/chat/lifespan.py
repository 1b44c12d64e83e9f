"""What the server does when it starts and ends, by the lifespan protocol of ASGI.

The chat also works on a server without this protocol, such as Daphne. Pages and the SDK are then
imported when they are first needed. A reply that the end of the server interrupts is marked later,
by another process or after the next start.
"""

import asyncio
import gc
import importlib
import logging
import signal
import threading
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.checks import Tags, run_checks
from django.db import Error, OperationalError, connection

from chat import metrics  # metrics
from chat.bus.bus import bus  # bus
from chat.conversations import trash  # conversations
from chat.database import in_thread
from chat.limits import accounts  # limits
from chat.page import highlighting
from chat.replies import processes, rows_elsewhere
from chat.replies.registry import replies
from chat.tools import registry as tool_registry  # tools

logger = logging.getLogger("chat")

_ending: set[asyncio.Task[None]] = set()
# Set once the process is told to end: `/readyz` then sends no new pages here.
ending = threading.Event()

Handler = Callable[[int, FrameType | None], Any]
Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


async def lifespan(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Handle the server's two messages, startup and shutdown, and confirm each when it is done."""
    loading = asyncio.create_task(load())
    while True:
        message = await receive()
        if message["type"] == "lifespan.startup":
            if fault := await start(loading):
                # If we raised instead, uvicorn would assume the app has no lifespan support and
                # hide the error.
                await send({"type": "lifespan.startup.failed", "message": fault})
                return
        else:
            ending.set()
            await replies.interrupt_all()
            await bus.close()  # bus
            await loading
            metrics.end()  # metrics
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


async def start(loading: asyncio.Task[str]) -> str:
    """Get ready to serve. Returns a sentence if something keeps the server from it, or else ""."""
    for fault in run_checks(tags=[Tags.security]):
        if fault.is_serious():  # No secret key, say.
            return f"{fault.msg} {fault.hint}"
    try:
        await in_thread(tidy_up)()
    except Error as error:
        return database_hint(error)
    except OSError as error:
        return f"{error}. Let the user of the server write to {settings.CHAT_LOCKS}."
    # With DEBUG, a person waits for the page: the rest is loaded while it is served.
    if not settings.DEBUG and (failure := await loading):
        return failure
    if failure := metrics.start():  # metrics
        return failure
    replies.look_elsewhere()
    interrupt_on_signals()
    return ""


def database_hint(error: Error) -> str:
    """What is wrong with the database, and what mends it."""
    hint = "Run: python manage.py migrate"
    # SQLite reports a missing table as an OperationalError, too.
    if isinstance(error, OperationalError) and "no such" not in str(error):
        hint = "See DATABASE_URL."
        if connection.vendor == "sqlite":
            folder = Path(connection.settings_dict["NAME"]).parent
            hint = f"Let the user of the server write to {folder} and to the files in it."
    return f"The database does not work: {error}. {hint}"


async def load() -> str:
    """`load_all`, in a thread. Returns a sentence if it fails, or else ""."""
    try:
        await asyncio.to_thread(load_all)
    except Exception as error:
        logger.exception("the code of the chat cannot be loaded")
        return f"The code cannot be loaded: {error}. The traceback above says where it fails."
    return ""


def load_all() -> None:
    """Load what would be imported later: pages, the SDK, and lexers.

    The SDK takes a second or more to import. Modules are loaded now so that a process does not take
    them from the next release, whose files an update puts in their place while it still serves.
    """
    for name in (settings.ROOT_URLCONF, *settings.LIVEVIEW_ALLOWED_MODULES, "chat.provider.reader"):
        importlib.import_module(name)
    highlighting.load()
    tool_registry.specs()  # tools
    # Imported modules are never collected: keep full collections from scanning them and pausing
    # every stream.
    gc.freeze()


def tidy_up() -> None:
    """Mark replies of dead processes as interrupted, and create the lock file of this process."""
    rows_elsewhere.interrupt_dead()
    processes.remove_locks_of_the_dead()
    processes.this_process()
    accounts.remove_old()  # limits
    trash.purge()  # conversations


def interrupt_on_signals() -> None:
    """On SIGTERM and SIGINT, interrupt the replies before the server closes the WebSockets."""
    if threading.current_thread() is not threading.main_thread():
        return  # Python allows signal handlers in the main thread only.
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        handler = signal.getsignal(number)
        if callable(handler):
            signal.signal(number, partial(_interrupt_first, loop, handler))


def _interrupt_first(
    loop: asyncio.AbstractEventLoop, handler: Handler, number: int, frame: FrameType | None
) -> None:
    async def interrupt() -> None:
        try:
            await replies.interrupt_all()
        finally:
            handler(number, frame)

    ending.set()
    loop.call_soon_threadsafe(lambda: _ending.add(asyncio.create_task(interrupt())))
