"""`@tool` makes a function one that the model may call."""

import asyncio
import concurrent.futures
import contextvars
import functools
import inspect
import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Generic, ParamSpec, TypeVar, overload

from django.db import connections
from pydantic_core import to_json

from chat.provider.messages import ToolSpec
from chat.tools.arguments import Arguments, WrongArguments

SECONDS = 10.0
"""The time limit of a tool that names none."""
MAX_CHARS = 20_000
"""The longest text that a tool tells the model."""

P = ParamSpec("P")
R = TypeVar("R")

logger = logging.getLogger(__name__)

# The loop itself keeps no reference to a task that was cancelled and has not ended yet.
_running: set[asyncio.Task[str]] = set()


class ToolError(Exception):
    """A call that failed. The model and the user are told `text`."""

    def __init__(self, text: str) -> None:
        self.text = _cut(text) if text.strip() else "The tool failed."
        super().__init__(self.text)


class Tool(Generic[P, R]):
    """A function with what the model is told of it. It is still called like the function.

    With `confirm`, the user is asked before each call. `seconds` is the time limit of a call.
    Raises TypeError if `function` is not a function, or is one of a class.
    """

    def __init__(
        self, function: Callable[P, R], confirm: bool = False, seconds: float = SECONDS
    ) -> None:
        if not inspect.isfunction(function):
            raise TypeError(f"@tool is for functions, and {function!r} is none.")
        if "." in function.__qualname__.rpartition("<locals>.")[2]:
            raise TypeError(f"@tool: move {function.__qualname__} out of its class.")
        functools.update_wrapper(self, function)
        self.function: Callable[..., Any] = function
        self.name = function.__name__
        self.description = inspect.getdoc(function) or ""
        self.confirm = confirm
        self.seconds = seconds

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> R:
        result: R = self.function(*args, **kwargs)
        return result

    def __repr__(self) -> str:
        return f"<Tool {self.name}>"

    @functools.cached_property
    def spec(self) -> ToolSpec:
        """What the provider is told. Raises what pydantic raises for a type that it cannot use."""
        return ToolSpec(self.name, self.description, self._arguments.schema())

    @functools.cached_property
    def _arguments(self) -> Arguments:
        return Arguments(self.function)

    async def call(self, arguments: str) -> str:
        """Call the function with the JSON that the model wrote, and return its result as text.

        Raises ToolError for wrong arguments, an exception in the function, or a call that takes
        longer than `seconds`. Where the awaiting task is cancelled, an `async def` is cancelled
        too; a plain function, which runs in a thread, is let go of and its result dropped.
        """
        with self._explained():
            args, kwargs = self._arguments.read(arguments)
        call = functools.partial(self.function, *args, **kwargs)
        running = self._task(call) if self._is_async else self._thread(call)
        try:
            done, _ = await asyncio.wait({running}, timeout=self.seconds)
        finally:
            # Nobody waits for what the function does after that.
            running.cancel()
        if not done:
            raise ToolError(f"The tool did not end within {self.seconds:g} seconds.")
        if running.cancelled():
            raise ToolError("The tool raised CancelledError.")
        return running.result()

    @property
    def _is_async(self) -> bool:
        return inspect.iscoroutinefunction(self.function)

    def _task(self, call: Callable[[], Any]) -> asyncio.Future[str]:
        """Await an `async def` in a task of its own."""

        async def run() -> str:
            with self._explained():
                return as_text(await call())

        task = asyncio.create_task(run(), name=f"tool {self.name}")
        _running.add(task)
        task.add_done_callback(_running.discard)
        return task

    def _thread(self, call: Callable[[], Any]) -> asyncio.Future[str]:
        """Call a plain function in a thread of its own.

        Those of a pool would be used up by functions that hang. The thread has the context
        variables of the caller, and connections to the database of its own.
        """
        future: concurrent.futures.Future[str] = concurrent.futures.Future()
        future.set_running_or_notify_cancel()

        def run() -> None:
            try:
                with self._explained():
                    try:
                        text = as_text(call())
                    finally:
                        connections.close_all()
                future.set_result(text)
            except BaseException as error:
                future.set_exception(error)

        context = contextvars.copy_context()
        name = f"tool {self.name}"
        threading.Thread(target=context.run, args=(run,), name=name, daemon=True).start()
        return asyncio.wrap_future(future)

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Turn an exception into a ToolError. Its message, which may hold a secret, is logged."""
        try:
            yield
        except ToolError:
            raise
        except WrongArguments as error:
            raise ToolError(str(error)) from error
        except BaseException as error:
            # By these an `async def` is ended from outside.
            if self._is_async and isinstance(error, asyncio.CancelledError | GeneratorExit):
                raise
            logger.exception("The tool %s raised an exception", self.name)
            raise ToolError(f"The tool raised {type(error).__name__}.") from error


@overload
def tool(function: Callable[P, R]) -> Tool[P, R]: ...
@overload
def tool(
    *, confirm: bool = False, seconds: float = SECONDS
) -> Callable[[Callable[P, R]], Tool[P, R]]: ...
def tool(
    function: Callable[P, R] | None = None, *, confirm: bool = False, seconds: float = SECONDS
) -> Tool[P, R] | Callable[[Callable[P, R]], Tool[P, R]]:
    """Make a function a tool: `@tool`, or `@tool(confirm=True, seconds=5)`.

    Its name, its docstring and the types of its parameters are what the model is told. With
    `confirm`, the user is asked before each call. `seconds` is the time limit of a call.
    """
    if function is not None:
        return Tool(function, confirm, seconds)
    return lambda function: Tool(function, confirm, seconds)


def as_text(result: object) -> str:
    """What the model is told of a result: text as it is, anything else as JSON.

    Raises pydantic_core.PydanticSerializationError for what has no JSON.
    """
    return _cut(result if isinstance(result, str) else to_json(result).decode())


def _cut(text: str) -> str:
    """`text` with at most MAX_CHARS characters."""
    if len(text) <= MAX_CHARS:
        return text
    note = f"\n\n[Cut here: {len(text):,} characters are more than the limit of {MAX_CHARS:,}.]"
    return text[: MAX_CHARS - len(note)] + note
