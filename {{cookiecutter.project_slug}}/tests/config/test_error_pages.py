"""What fails without DEBUG: the page says so in a sentence, and the log says why."""

import json
import urllib.error
import urllib.request
from collections.abc import Iterator
from uuid import uuid4

import pytest

from fake_model.server import FakeModel
from tests.server import Server
from tests.waiting import SOON

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, django_db_setup: None) -> Iterator[Server]:
    with (
        FakeModel() as model,
        Server(tmp_path_factory.mktemp("errors"), model, CHAT_LOG_JSON="true") as server,
    ):
        yield server


def ask(url: str) -> tuple[int, str]:
    """Return the status and the body of a page that fails."""
    with pytest.raises(urllib.error.HTTPError) as error:
        urllib.request.urlopen(url, timeout=SOON)
    return error.value.code, error.value.read().decode()


def test_a_fault_has_a_page_and_a_traceback_in_the_log(server: Server) -> None:
    path = f"c/{uuid4()}/"
    status, page = ask(server.url + path)
    assert (status, "There is no such conversation here" in page) == (404, True)
    server.execute("ALTER TABLE chat_conversation RENAME TO moved")
    status, page = ask(server.url + path)
    assert (status, "Try again in a moment" in page) == (500, True)
    assert "<title>Error - " in page
    lines = server.log.read_text(encoding="utf-8").splitlines()
    entries = [json.loads(line) for line in lines if line.startswith("{")]
    message = f"Internal Server Error: /{path}"
    [entry] = [entry for entry in entries if entry["message"] == message]
    assert entry["level"] == "ERROR"
    assert "no such table: chat_conversation" in entry["exception.stacktrace"]


def test_an_unknown_address_has_a_way_back(server: Server) -> None:
    status, page = ask(server.url + "nothing")
    assert (status, '<a href="/">Go to the chat</a>' in page) == (404, True)
