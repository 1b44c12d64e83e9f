"""Requests go through the proxy of the environment, and messages name it where it fails."""

import os

import pytest

from chat import error_messages
from chat.provider import names, proxies
from fake_model.server import FakeModel
from tests.conftest import point_at
from tests.listener import listen
from tests.ports import refusing_port
from tests.upstreams import Answer, connect_proxy, scripted, self_signed

ELSEWHERE = "https://api.example.com/v1"


async def refused(
    monkeypatch: pytest.MonkeyPatch, address: str = ELSEWHERE, **variables: str
) -> str:
    """The sentence for a request that these proxies have failed."""
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    point_at(address, monkeypatch)
    heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "proxy"
    sentence = error_messages.for_error(heard.error)
    assert "secret" not in sentence + heard.error.detail
    assert f"{names.TITLE} could not be reached through the proxy" in sentence
    assert "api.example.com to NO_PROXY" in sentence
    return sentence


async def test_a_dead_proxy_is_named_with_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    with refusing_port() as port:
        sentence = await refused(monkeypatch, HTTPS_PROXY=f"http://me:secret@127.0.0.1:{port}")
    assert f"http://127.0.0.1:{port}: the connection was refused." in sentence
    assert "Correct HTTPS_PROXY in the environment" in sentence


@pytest.mark.parametrize(
    ("proxy", "said"),
    [
        ("nowhere.invalid:3128", "http://nowhere.invalid:3128: its name is not known"),
        ("socks5://me:secret@127.0.0.1:1", "pip install socksio"),
        ("socks://127.0.0.1:1", "it begins with socks://, and can only begin with http://"),
        ("http://me:sec/ret@127.0.0.1:1", "http://...: that is no address"),
        ("http://secret:port", "that is no address"),
        ("http://[secret", "that is no address"),
    ],
)
async def test_a_proxy_that_cannot_be_used_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, proxy: str, said: str
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert said in await refused(monkeypatch, all_proxy=proxy)


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_proxy_that_wants_a_password_says_so(
    monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with scripted(Answer(407, "<title>Who are you?</title>")) as server:
        sentence = await refused(
            monkeypatch, f"{scheme}://api.example.com/v1", ALL_PROXY=server.address
        )
    assert "it wants a user name and password (407)" in sentence


async def test_a_page_of_a_proxy_is_told_with_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with scripted(Answer(403, "<title>Not at work</title>")) as server:
        monkeypatch.setenv("HTTP_PROXY", server.address)
        point_at("http://api.example.com/v1", monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    sentence = error_messages.for_error(heard.error)
    assert f"through the proxy {server.address} is not the API" in sentence
    assert "403 Forbidden, Not at work" in sentence


@pytest.mark.parametrize("exempt", ["localhost,127.0.0.1", "127.0.0.0/8", "*"])
async def test_a_proxy_that_is_not_asked_breaks_nothing(
    model: FakeModel, monkeypatch: pytest.MonkeyPatch, exempt: str
) -> None:
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", exempt)
    assert (await listen("/echo Hello")).text == "Hello"


async def test_a_certificate_is_told_with_the_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    with (
        FakeModel(tls=self_signed().server) as model,
        connect_proxy() as (proxy, targets),
    ):
        monkeypatch.setenv("HTTPS_PROXY", proxy)
        point_at(model.base_url, monkeypatch)
        heard = await listen("Hello")
    assert heard.error
    assert heard.error.kind == "tls"
    assert f"through the proxy {proxy}: self-signed" in error_messages.for_error(heard.error)
    assert len(targets) == 1


@pytest.mark.parametrize(
    ("no_proxy", "url", "is_exempt"),
    [
        ("example.com", "https://example.com/v1", True),
        ("example.com", "https://api.example.com/v1", True),
        (".example.com", "https://api.example.com", True),
        ("*.example.com", "https://API.example.com", True),
        ("other.com, example.com", "https://example.com", True),
        ("example.com:8443", "https://me@example.com:8443", True),
        ("example.com:8443", "https://example.com", False),
        ("example.com", "https://counterexample.com", False),
        ("10.0.0.0/8", "http://10.1.2.3:80", True),
        ("10.0.0.0/8", "http://11.1.2.3:80", False),
        ("::1", "http://[::1]:80", True),
        ("[::1]", "http://[::1]:80", True),
        ("", "https://example.com", False),
    ],
)
def test_no_proxy_names_hosts_and_networks(
    monkeypatch: pytest.MonkeyPatch, no_proxy: str, url: str, is_exempt: bool
) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("NO_PROXY", no_proxy)
    assert (proxies.proxy_for(url) is None) == is_exempt


def test_the_more_precise_variable_wins(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:2")
    found = [proxies.proxy_for(f"{scheme}://example.com") for scheme in ("http", "https")]
    assert [proxy and proxy.variable for proxy in found] == [
        "ALL_PROXY",
        "HTTPS_PROXY" if os.name == "nt" else "https_proxy",
    ]
