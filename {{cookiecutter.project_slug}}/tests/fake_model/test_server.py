"""The built-in model answers as a vendor does, and tells truly how each connection ended."""

import http.client
import json
import math
import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from django.conf import settings

from fake_model import Entry, FakeModel, Record, dialect, script
from fake_model.contract import Request
from tests.ports import free_port
from tests.waiting import SOON

SURROGATE = json.dumps(dialect.example("/echo \ud83d")[1])

FAILURES = ["/401", "/404", "/429", "/500", "/overloaded", "/quota", "/context"]


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel(tokens_per_second=math.inf) as model:
        yield model


def request(prompt: str) -> Request:
    path, body = dialect.example(prompt)
    return dialect.read(path.partition("?")[0], body)


def connect(model: FakeModel) -> http.client.HTTPConnection:
    address = urlsplit(model.base_url)
    return http.client.HTTPConnection(str(address.hostname), address.port, timeout=SOON)


def post(connection: http.client.HTTPConnection, prompt: str) -> None:
    path, body = dialect.example(prompt)
    headers = {"Authorization": "Bearer secret-key"}
    connection.request("POST", path, json.dumps(body), headers)


def ask(model: FakeModel, prompt: str) -> tuple[http.client.HTTPResponse, str]:
    connection = connect(model)
    post(connection, prompt)
    response = connection.getresponse()
    return response, response.read().decode()


def last_ended(record: Record) -> Entry | None:
    return record[-1] if record and record[-1].ended else None


def assert_says(body: str, pieces: list[str]) -> None:
    """Every piece is in the body, in its order and in an event of its own."""
    events = body.split("data:")
    for piece in pieces:
        quoted = json.dumps(piece, ensure_ascii=False)
        while quoted not in events[0]:
            events.pop(0)
            assert events, f"{piece!r} is missing"
        events.pop(0)


def test_the_whole_text_arrives_and_the_record_says_so(model: FakeModel) -> None:
    response, body = ask(model, "Hello")
    entry = model.wait_for(last_ended, SOON)
    pieces = script.plan(request("Hello")).pieces
    assert response.status == 200
    assert_says(body, pieces)
    assert entry.tokens == len(pieces)
    assert (entry.finished, entry.ended_by) == (True, "server")
    assert [(turn.role, turn.text) for turn in entry.messages] == [("user", "Hello")]
    assert entry.ended is not None and entry.first_byte is not None
    assert entry.received <= entry.first_byte <= entry.ended


def test_echo_says_exactly_what_follows(model: FakeModel) -> None:
    text = ' a  <b>"\\\n\t& é 聊天 👩‍🚀 /500 \u2028'
    plan = script.plan(request(f"/echo {text}"))
    assert ("".join(plan.pieces), plan.failure) == (text, None)
    _, body = ask(model, f"/chars /echo {text}")
    assert_says(body, list(text))


def test_reasoning_is_sent_before_the_text(model: FakeModel) -> None:
    _, body = ask(model, "/think 9 Hello")
    entry = model.wait_for(last_ended, SOON)
    plan = script.plan(request("/think 9 Hello"))
    assert_says(body, plan.thoughts + plan.pieces)
    assert (entry.thoughts, entry.tokens) == (9, len(plan.pieces))


@pytest.mark.parametrize("word", FAILURES)
def test_a_failure_is_an_http_error_with_json(model: FakeModel, word: str) -> None:
    response, body = ask(model, f"please {word}")
    entry = model.wait_for(last_ended, SOON)
    assert response.status == entry.status
    assert 400 <= response.status < 600
    assert json.loads(body)["error"]["message"]
    assert response.getheader("Retry-After") == ("7" if word == "/429" else None)
    assert (entry.words, entry.tokens, entry.finished) == ([word], 0, False)


def test_drop_breaks_the_body_off(model: FakeModel) -> None:
    with pytest.raises(http.client.IncompleteRead):
        ask(model, "/drop")
    entry = model.wait_for(last_ended, SOON)
    assert (entry.finished, entry.ended_by) == (False, "server")
    assert entry.tokens > 0


@pytest.mark.parametrize("word", ["/cut", "/garbage", "/error"])
def test_half_a_reply_ends_cleanly_without_a_finish(model: FakeModel, word: str) -> None:
    _, body = ask(model, word)
    entry = model.wait_for(last_ended, SOON)
    assert_says(body, script.plan(request(word)).pieces)
    assert (entry.finished, entry.ended_by) == (False, "server")


@pytest.mark.parametrize("word", ["/refuse", "/length", "/tool"])
def test_half_a_reply_can_finish_for_a_reason(model: FakeModel, word: str) -> None:
    ask(model, word)
    assert model.wait_for(last_ended, SOON).finished


@pytest.mark.parametrize("word", ["/silent", "/stall", "/slow"])
def test_a_client_who_leaves_is_seen(model: FakeModel, word: str) -> None:
    """While tokens flow, in silence, and before the first byte."""
    connection = connect(model)
    post(connection, word)
    half = len(script.plan(request("/stall")).pieces)
    expected = {"/silent": 0, "/stall": half, "/slow": 1}[word]
    entry = model.wait_for(lambda record: record[0] if record else None, SOON)
    model.wait_for(lambda _: entry.words and entry.tokens >= expected, SOON)
    assert entry.ended is None
    connection.sock.shutdown(socket.SHUT_RDWR)
    model.wait_for(last_ended, SOON)
    assert (entry.ended_by, entry.finished) == ("client", False)
    assert (entry.first_byte is None) == (word == "/silent")
    connection.close()


@pytest.mark.parametrize(
    ("path", "body", "status"),
    [
        ("/nowhere", "{}", 404),
        (None, "{", 400),
        (None, "[]", 400),
        (None, "{}", 400),
        (None, SURROGATE, 400),
    ],
)
def test_what_the_vendor_would_refuse_is_refused(
    model: FakeModel, path: str | None, body: str, status: int
) -> None:
    connection = connect(model)
    connection.request("POST", path or dialect.example("")[0], body)
    response = connection.getresponse()
    assert response.status == status
    assert json.loads(response.read())["error"]["message"]


def test_the_record_is_json_without_the_key(model: FakeModel) -> None:
    ask(model, "Hello")
    connection = connect(model)
    connection.request("GET", "/record")
    record = connection.getresponse().read().decode()
    assert [entry["words"] for entry in json.loads(record)["requests"]] == [[]]
    assert "Hello" in record
    assert "secret-key" not in record


@pytest.mark.parametrize(
    ("prompt", "planned", "sent"),
    [("/long 90", 90, 90), ("/long 90 /drop", 90, 45), ("/long 90 /tool clock {}", 45, 45)],
)
def test_the_record_says_how_many_tokens_the_reply_would_have(
    model: FakeModel, prompt: str, planned: int, sent: int
) -> None:
    connection = connect(model)
    post(connection, prompt)
    entry = model.wait_for(last_ended, SOON)
    assert (entry.planned, entry.tokens) == (planned, sent)
    connection.close()


def test_a_token_does_not_wait_for_the_one_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """Until it is acknowledged: a reader that pauses does that up to 40 ms late."""
    listeners = []
    create = socket.create_server

    def keep(address: tuple[str, int]) -> socket.socket:
        listeners.append(create(address))
        return listeners[0]

    monkeypatch.setattr(socket, "create_server", keep)
    with FakeModel():
        assert listeners[0].getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


def test_leaving_the_block_closes_everything() -> None:
    # Nobody else gets this port once the model has ended.
    with FakeModel(port=free_port(), tokens_per_second=math.inf) as model:
        connection = connect(model)
        post(connection, "/silent")
        entry = model.wait_for(lambda record: record[0] if record else None, SOON)
    assert (entry.ended_by, entry.finished) == ("server", False)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.getresponse()
    with pytest.raises(ConnectionRefusedError):
        connect(model).connect()


def test_a_client_who_leaves_mid_request_leaves_nothing(
    model: FakeModel, caplog: pytest.LogCaptureFixture
) -> None:
    address = urlsplit(model.base_url)
    with socket.create_connection((address.hostname, address.port)) as client:
        client.sendall(b"POST / HTTP/1.1\r\nContent-Length: 5\r\n\r\n")
    ask(model, "Hello")
    assert len(model.record) == 1
    assert caplog.records == []


def test_waiting_in_vain_tells_what_came(model: FakeModel) -> None:
    ask(model, "Hello")
    with pytest.raises(TimeoutError, match=r"within 0\.01 s: a second(.|\n)*text='Hello'"):
        model.wait_for(lambda record: len(record) > 1, 0.01, "a second request arrives")


def test_a_busy_port_gets_one_sentence(model: FakeModel) -> None:
    port = str(urlsplit(model.base_url).port)
    finished = subprocess.run(
        [sys.executable, "-m", "fake_model", "--port", port],
        cwd=settings.BASE_DIR,
        capture_output=True,
        text=True,
        timeout=SOON,
    )
    assert finished.returncode == 1
    assert finished.stderr.startswith(f"Cannot listen on 127.0.0.1:{port}")
    assert finished.stderr.count("\n") == 1


def test_on_its_own_it_says_what_to_put_into_env_and_where_its_record_is() -> None:
    command = [sys.executable, "-m", "fake_model", "--port", "0"]
    with subprocess.Popen(
        command, cwd=settings.BASE_DIR, stdout=subprocess.PIPE, encoding="utf-8"
    ) as process:
        assert process.stdout is not None
        _, base_url, key, record = (process.stdout.readline().strip() for _ in range(4))
        process.terminate()
    address = urlsplit(base_url.partition("=")[2]).netloc
    assert base_url.startswith(f"{dialect.BASE_URL_VARIABLE}=http://127.0.0.1:")
    assert key.startswith(f"{dialect.KEY_VARIABLE}=")
    assert record == f"Its live record is at http://{address}/"
