"""The log: CHAT_LOG_JSON makes each line a JSON object; without it, lines are text."""

import io
import json
import logging
import sys
import threading
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from django.test import Client
from websockets import Origin
from websockets.sync.client import connect

from chat import lifespan
from config.log import JsonFormatter
from fake_model.server import FakeModel
from tests.config.test_env import read
from tests.server import Server
from tests.waiting import SOON

pytestmark = pytest.mark.django_db(transaction=True)


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


class Quiet(Server):
    """Started as docs/deploy.md says: without a line for each request."""

    COMMAND = (*Server.COMMAND[:3], "--no-access-log", *Server.COMMAND[3:])


def test_every_line_of_a_server_is_json_and_none_tells_who_opened_a_page(
    tmp_path: Path, model: FakeModel
) -> None:
    with Quiet(tmp_path, model, CHAT_LOG_JSON="true") as server:
        address = f"ws://127.0.0.1:{server.port}/ws/live/"
        origin = Origin(server.url.rstrip("/"))
        with connect(address, origin=origin, open_timeout=SOON) as socket:
            assert socket.recv(timeout=SOON)
        request = Request(server.url, headers={"Host": "10.0.0.1"})
        with pytest.raises(HTTPError, match="400"):
            urlopen(request, timeout=SOON)
        server.terminate()
    entries = [json.loads(line) for line in server.log.read_text("utf-8").splitlines()]
    assert "uvicorn.access" not in [entry["logger"] for entry in entries]
    said = [entry["message"] for entry in entries]
    assert "Application startup complete." in said
    assert not [line for line in said if "WebSocket" in line or "connection" in line]
    [refused] = [entry for entry in entries if "10.0.0.1" in entry["message"]]
    assert "exception.stacktrace" not in refused


def test_a_health_check_that_is_told_503_is_no_error(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = io.StringIO()
    handler = logging.StreamHandler(lines)
    ending = threading.Event()
    ending.set()
    monkeypatch.setattr(lifespan, "ending", ending)
    monkeypatch.setattr(logging.getLogger(), "handlers", [handler])
    assert client.get("/readyz").status_code == 503
    assert client.get("/nothing").status_code == 404
    assert lines.getvalue().splitlines() == ["Not Found: /nothing"]


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
