"""The built-in model does the same under TLS."""

import http.client
import json
import math
import ssl
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from fake_model import FakeModel, dialect
from tests.waiting import SOON


def context(protocol: int) -> ssl.SSLContext:
    """TLS without a certificate, so that none has to be kept with the tests."""
    context = ssl.SSLContext(protocol)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers("AECDH:@SECLEVEL=0")
    return context


@pytest.fixture
def model() -> Iterator[FakeModel]:
    with FakeModel(tokens_per_second=math.inf, tls=context(ssl.PROTOCOL_TLS_SERVER)) as model:
        yield model


def post(model: FakeModel, prompt: str) -> http.client.HTTPSConnection:
    address = urlsplit(model.base_url)
    client = context(ssl.PROTOCOL_TLS_CLIENT)
    connection = http.client.HTTPSConnection(
        str(address.hostname), address.port, timeout=SOON, context=client
    )
    path, body = dialect.example(prompt)
    connection.request("POST", path, json.dumps(body))
    return connection


def test_a_whole_reply_arrives(model: FakeModel) -> None:
    connection = post(model, "/echo one piece after another")
    body = connection.getresponse().read().decode()
    connection.close()
    entry = model.wait_for(lambda record: record[0] if record[0].ended else None, SOON)
    assert "piece" in body
    assert (entry.finished, entry.ended_by) == (True, "server")


@pytest.mark.parametrize("prompt", ["/silent", "/stall"])
def test_a_client_who_leaves_is_seen(model: FakeModel, prompt: str) -> None:
    connection = post(model, prompt)
    entry = model.wait_for(lambda record: record[0] if record else None, SOON)
    model.wait_for(lambda _: entry.words and (entry.tokens > 0 or prompt == "/silent"), SOON)
    assert entry.ended is None
    connection.close()
    model.wait_for(lambda _: entry.ended, SOON)
    assert (entry.finished, entry.ended_by) == (False, "client")
