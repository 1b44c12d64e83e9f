"""Why a test of the course is red, in a sentence or two, and where in the student's code.

A function that is still to be written raises NotImplementedError. Often that is far from the test:
in the task of a reply, whose error ends in the log. So what was logged is looked at as well.
"""

import re
import traceback
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from exercises import course, keeping, source

# The tests say themselves what is wrong.
SENTENCES = (AssertionError, pytest.fail.Exception)
# Raised in the project's own code, these are faults of that code.
FAULTS = (AttributeError, LookupError, NameError, TypeError)
MAX_CHARS = 300
TARGETS = [target for step in course.steps() for target in step.targets]


def why(error: BaseException, logged: Iterable[BaseException]) -> str:
    """What is still to be written, or what was raised and where, or what the test says."""
    logged = [*logged]
    causes = [cause for each in (error, *logged) for cause in _causes(each)]
    for cause in causes:
        if isinstance(cause, NotImplementedError):
            frame = [*traceback.walk_tb(cause.__traceback__)][-1][0]
            file = in_project(frame.f_code.co_filename)
            return f"{frame.f_code.co_qualname} in {file} is still to be written."
    # The innermost first: an SDK wraps what a hook of its client has raised.
    faults = [cause for cause in reversed(causes) if isinstance(cause, FAULTS) and _places(cause)]
    faults.sort(key=lambda cause: not _is_own(cause))
    told = [cause for cause in logged if _places(cause)]
    for cause in [*faults, *told][:1]:
        told_twice = _said(cause) == _said(error)
        return _with_place(cause) + ("" if told_twice else f"\nThe test says: {_said(error)}")
    is_sentence = isinstance(error, (*SENTENCES, TimeoutError)) and str(error)
    return _said(error) if is_sentence else _with_place(error)


def in_project(file: str) -> str:
    """The path of a file in the project; "" for a file elsewhere."""
    path = Path(file)
    if not path.is_relative_to(course.PROJECT):
        return ""
    return path.relative_to(course.PROJECT).as_posix()


def is_own(file: str) -> bool:
    """Whether a path in the project is code that the course is about."""
    return bool(file) and not file.startswith(("tests/", "exercises/", ".venv/"))


def _said(error: BaseException) -> str:
    lines = str(error).splitlines()
    if not lines:
        return type(error).__name__
    if isinstance(error, TimeoutError):
        return "\n".join(line[:MAX_CHARS] for line in lines[:2] if not line.endswith(": nothing"))
    if isinstance(error, pytest.fail.Exception):
        return "\n".join(line[:MAX_CHARS] for line in lines)
    words = lines[0][:MAX_CHARS]
    return words if isinstance(error, SENTENCES) else f"{type(error).__name__}: {words}"


def _with_place(error: BaseException) -> str:
    """What an exception says, where it was raised, and how to mend it if that is known."""
    said, places = _said(error), _places(error)
    if places:
        said += f" ({', which has called '.join(places)})"
    return f"{said}\n{_advice(error)}".rstrip()


def _advice(error: BaseException) -> str:
    """A sentence that leads on from what Python says, or ""."""
    said = str(error)
    # The wording changes with the version of Python.
    if re.search(r"can't be (used in 'await' expression|awaited)", said):
        return "Only a coroutine can be awaited: no `await` here, or `async` before that `def`."
    if "'coroutine' object is not callable" in said:
        return "It was called too early: hand over the function itself, without brackets."
    if isinstance(error, AttributeError) and type(error.obj).__module__.startswith("chat."):
        return f"There is no `{error.name}`: does `__init__` set it, and under this name?"
    return ""


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, those that it came from, and those of a group."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    if (cause := error.__cause__ or error.__context__) is not None:
        yield from _causes(cause)


def _called_wrongly(error: BaseException) -> str:
    """The place of a student's function that was called with arguments it does not take, or "".

    The exception is raised by the call, so that no line of the function is in its traceback.
    """
    called = re.match(r"([\w.]+)\(\) (?:takes|missing|got) ", str(error))
    if not isinstance(error, TypeError) or called is None:
        return ""
    for target in TARGETS:
        if called[1] == target.name or called[1].startswith(f"{target.name}."):
            line = source.line(keeping.read(target.file), called[1])
            return f"{target.file}, line {line}"
    return ""


def _is_own(error: BaseException) -> bool:
    """Whether the line that has raised an exception is one of the project's own code."""
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    return is_own(in_project(frames[-1].f_code.co_filename))


def _places(error: BaseException) -> list[str]:
    """The last line of the student's that an exception went through, and the project's last one.

    One line, if they are the same.
    """
    students, last = _called_wrongly(error), ""
    for frame, line in traceback.walk_tb(error.__traceback__):
        file = in_project(frame.f_code.co_filename)
        if not is_own(file):
            continue
        last = f"{file}, line {line}"
        name = frame.f_code.co_qualname.partition(".<locals>")[0]
        if any(name == each.name or name.startswith(f"{each.name}.") for each in TARGETS):
            students = last
    return list(dict.fromkeys(place for place in (students, last) if place))
