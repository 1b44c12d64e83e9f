"""A pytest plugin for `exercise check`: writes a report of what passed, and why a test failed.

A function that is still to be written raises NotImplementedError. Often that is far from the test:
in the task of a reply, whose error ends in the log. So the log is read as well.
"""

import json
import logging
import os
import re
import sys
import traceback
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

PROJECT = Path(__file__).resolve().parent.parent
# These loggers pass nothing on to the root.
LOGGERS = ("", "chat", "djust", "django")
# Where a traceback of pytest says that it was.
PLACE = re.compile(r"^(\S+\.py):(\d+): in ", re.MULTILINE)
# The tests say themselves what is wrong.
SENTENCES = (AssertionError, pytest.fail.Exception)


class Logged(logging.Handler):
    """The exceptions that the log has told of in this test."""

    def __init__(self) -> None:
        super().__init__()
        self.exceptions: list[BaseException] = []

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if isinstance(record.exc_info, tuple) else sys.exception()
        if error is not None:
            self.exceptions.append(error)


logged = Logged()
results: list[dict[str, str]] = []
collected: list[pytest.Item] = []


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests in the order of their file: pytest-django begins with those of a database."""
    items.sort(key=lambda item: item.location[1] or 0)
    collected[:] = items


def pytest_runtest_setup() -> None:
    logged.exceptions.clear()
    for name in LOGGERS:
        logging.getLogger(name).addHandler(logged)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    error = call.excinfo and call.excinfo.value
    if error is not None or call.when == "call":
        # Not every terminal can show all characters of a reply.
        why = _ascii(_why(error)) if error else ""
        results.append({"sentence": _sentence(item), "why": why})
    return (yield)


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """Name the coroutine that nobody has awaited: a red test only sees that nothing happened.

    Python warns of it, and pytest passes its warnings on when the test is over.
    """
    said = str(warning_message.message).partition("\n")[0]
    if not said.endswith(" was never awaited") or not results:
        return
    last, file = results[-1], _in_project(warning_message.filename)
    if last["why"] and not last["why"].endswith(" is still to be written."):
        said = f"{said[:1].upper()}{said[1:]} ({file}, line {warning_message.lineno})"
        last["why"] = f"{said}\n{last['why']}"


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        said = str(report.longrepr)
        why = said.strip().splitlines()[-1].lstrip("E ")
        if places := PLACE.findall(said):
            why += " ({}, line {})".format(*places[-1])
        results.append({"sentence": "The project can be imported.", "why": _ascii(why)})


def pytest_sessionfinish() -> None:
    """Write the report. A test with several parameters counts once."""
    ran = {result["sentence"]: result for result in results}
    left = {_sentence(item) for item in collected} - ran.keys()
    report = json.dumps({"results": [*ran.values()], "left": len(left)})
    Path(os.environ["EXERCISE_REPORT"]).write_text(report, encoding="utf-8")


def _ascii(text: str) -> str:
    return text.encode("ascii", "backslashreplace").decode()


def _sentence(item: pytest.Item) -> str:
    """The first paragraph of a test's docstring."""
    function = getattr(item, "function", None)
    return " ".join((function.__doc__ or item.name).partition("\n\n")[0].split())


def _why(error: BaseException) -> str:
    """A sentence or two: what is still to be written, or else what happened instead."""
    causes = [cause for each in (error, *logged.exceptions) for cause in _causes(each)]
    for cause in causes:
        if isinstance(cause, NotImplementedError):
            frame = [*traceback.walk_tb(cause.__traceback__)][-1][0]
            file = _in_project(frame.f_code.co_filename)
            return f"{frame.f_code.co_qualname} in {file} is still to be written."
    said = _said(error)
    for cause in logged.exceptions:
        if place := _place(cause):
            return f"{said}\nThe log tells of {_said(cause)} ({place})"
    is_sentence = isinstance(error, (*SENTENCES, TimeoutError)) and str(error)
    place = "" if is_sentence else _place(error)
    return f"{said} ({place})" if place else said


def _said(error: BaseException) -> str:
    lines = str(error).splitlines()
    if not lines:
        return type(error).__name__
    if isinstance(error, TimeoutError):
        return "\n".join(line[:300] for line in lines[:2] if line != "Seen instead: nothing")
    words = lines[0][:300]
    return words if isinstance(error, SENTENCES) else f"{type(error).__name__}: {words}"


def _causes(error: BaseException) -> Iterator[BaseException]:
    """An exception, those that it came from, and those of a group."""
    yield error
    if isinstance(error, BaseExceptionGroup):
        for each in error.exceptions:
            yield from _causes(each)
    if (cause := error.__cause__ or error.__context__) is not None:
        yield from _causes(cause)


def _place(error: BaseException) -> str:
    """The last line of the project's own code that an exception went through."""
    for frame, line in reversed([*traceback.walk_tb(error.__traceback__)]):
        file = _in_project(frame.f_code.co_filename)
        if file and not file.startswith(("tests/", "exercises/", ".venv/")):
            return f"{file}, line {line}"
    return ""


def _in_project(file: str) -> str:
    path = Path(file)
    return path.relative_to(PROJECT).as_posix() if path.is_relative_to(PROJECT) else ""
