"""The log: CHAT_LOG_JSON makes each line a JSON object; without it, lines are text."""

import json
import logging
import sys
from typing import Any

import pytest

from config.log import JsonFormatter
from tests.config.test_env import read


def record(**extra: Any) -> logging.LogRecord:
    logger = logging.getLogger("chat")
    return logger.makeRecord("chat", logging.INFO, "", 0, "two\n%s", ("lines",), None, extra=extra)


@pytest.mark.parametrize(("value", "formatter"), [("", "line"), ("false", "line"), ("1", "json")])
def test_the_setting_chooses_the_format(
    monkeypatch: pytest.MonkeyPatch, value: str, formatter: str
) -> None:
    logs = read(monkeypatch, CHAT_LOG_JSON=value)["LOGGING"]
    assert logs["handlers"]["console"]["formatter"] == formatter
    assert logs["formatters"]["json"] == {"()": "config.log.JsonFormatter"}


def test_a_record_is_one_line_with_its_attributes() -> None:
    line = JsonFormatter().format(record(attributes={"gen_ai.request.model": "m", "n": 1}))
    assert "\n" not in line
    entry = json.loads(line)
    assert entry.pop("time").endswith("+00:00")
    assert entry == {
        "level": "INFO",
        "logger": "chat",
        "message": "two\nlines",
        "gen_ai.request.model": "m",
        "n": 1,
    }


def test_an_exception_is_in_the_same_line() -> None:
    failed = record()
    try:
        raise ValueError("of our own making")
    except ValueError:
        failed.exc_info = sys.exc_info()
    line = JsonFormatter().format(failed)
    assert "\n" not in line
    assert "ValueError: of our own making" in json.loads(line)["exception.stacktrace"]
