"""The HTTP library reads a reply through the pauses of `Gathering`: few reads, over TLS too."""

import math
from typing import Any

import pytest

from chat.provider import response_stream, upstream
from fake_model.server import FakeModel
from tests.conftest import point_at
from tests.listener import listen
from tests.upstreams import self_signed


@pytest.mark.parametrize("scheme", ["http", "https"])
async def test_a_pause_is_for_many_tokens(monkeypatch: pytest.MonkeyPatch, scheme: str) -> None:
    certificate = self_signed()
    monkeypatch.setattr(upstream, "TLS", certificate.client)
    read, reads = response_stream.Gathering.read, 0

    def counted(*arguments: Any, **options: Any) -> Any:
        nonlocal reads
        reads += 1
        return read(*arguments, **options)

    monkeypatch.setattr(response_stream.Gathering, "read", counted)
    tls = certificate.server if scheme == "https" else None
    with FakeModel(tokens_per_second=math.inf, tls=tls) as model:
        point_at(model.base_url, monkeypatch)
        assert (await listen("/long 500")).error is None
    # TLS has a record for each token.
    assert 0 < reads < 250
