"""A pytest plugin for `exercise check`: writes a report of what passed, and why a test is red."""

import json
import logging
import os
import re
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from exercises import reasons

# Where a traceback of pytest says that it was.
PLACE = re.compile(r"^(\S+\.py):(\d+): in ", re.MULTILINE)


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


@pytest.hookimpl(wrapper=True)
def pytest_load_initial_conftests() -> Iterator[None]:
    """Report a fault of the project that keeps the fixtures from being imported."""
    try:
        return (yield)
    except Exception as error:
        # pytest wraps what the import has raised.
        _could_not_import(reasons.why(getattr(error, "cause", error), []))
        _write()
        raise


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Run the tests in the order of their files: pytest-django begins with those of a database."""
    items.sort(key=lambda item: (item.location[0], item.location[1] or 0))
    collected[:] = items


def pytest_runtest_setup() -> None:
    logged.exceptions.clear()
    logging.getLogger().addHandler(logged)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    error = call.excinfo and call.excinfo.value
    if error is not None or call.when == "call":
        # Not every terminal can show all characters of a reply.
        why = _ascii(reasons.why(error, logged.exceptions)) if error else ""
        results.append({"sentence": _sentence(item), "why": why})
    return (yield)


def pytest_warning_recorded(warning_message: warnings.WarningMessage) -> None:
    """Call a test red in which a coroutine of the project was never awaited, and name it.

    A test that fails only sees that nothing happened, and another one may pass by chance. Python
    warns of it, and pytest passes its warnings on when the test is over.
    """
    said = str(warning_message.message).partition("\n")[0]
    if not said.endswith(" was never awaited") or not results:
        return
    last, file = results[-1], reasons.in_project(warning_message.filename)
    is_own = reasons.is_own(file)
    if last["why"].endswith(" is still to be written.") or not (is_own or last["why"]):
        return
    said = said[:1].upper() + said[1:]
    if is_own:
        said += f" ({file}, line {warning_message.lineno}): write `await` before the call."
    else:
        said += ": what it was handed to calls it, and does not await it."
    last["why"] = f"{said}\n{last['why']}".rstrip()
    collected[0].session.shouldstop = "a coroutine was never awaited"


def pytest_collectreport(report: pytest.CollectReport) -> None:
    if report.failed:
        said = str(report.longrepr)
        why = said.strip().splitlines()[-1].lstrip("E ")
        if places := PLACE.findall(said):
            why += " ({}, line {})".format(*places[-1])
        _could_not_import(why)


def pytest_sessionfinish() -> None:
    _write()


def _could_not_import(why: str) -> None:
    results.append({"sentence": "The project can be imported.", "why": _ascii(why)})


def _write() -> None:
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
