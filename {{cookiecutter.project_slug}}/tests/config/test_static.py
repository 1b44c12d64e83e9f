"""Static files are sent compressed, and kept by browsers until the hash in their URL changes."""

import gzip
from pathlib import Path

import pytest
from django.conf import settings
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.templatetags.static import static
from django.test import AsyncRequestFactory

from config import static as static_files
from config.static import CompressedStatic

SCRIPT = Path(settings.BASE_DIR, "chat", "static", "chat", "log.js")


async def no_file(request: HttpRequest) -> HttpResponse:
    return HttpResponse(status=404)


@pytest.fixture(scope="module")
def middleware() -> CompressedStatic:
    return CompressedStatic(no_file)


async def get(middleware: CompressedStatic, url: str, **headers: str) -> StreamingHttpResponse:
    response = await middleware(AsyncRequestFactory().get(url, headers=headers))
    assert isinstance(response, StreamingHttpResponse)
    return response


async def body(response: StreamingHttpResponse) -> bytes:
    content = b"".join([part async for part in response])
    assert response["Content-Length"] == str(len(content))
    return content


def test_a_start_reads_no_file() -> None:
    static_files._read.cache_clear()
    CompressedStatic(no_file)

    assert static_files._read.cache_info().currsize == 0


async def test_a_script_is_sent_compressed(middleware: CompressedStatic) -> None:
    response = await get(middleware, static("chat/log.js"), accept_encoding="gzip, br")
    content = await body(response)

    assert (response["Content-Encoding"], response["Vary"]) == ("gzip", "Accept-Encoding")
    assert len(content) < SCRIPT.stat().st_size / 2
    assert gzip.decompress(content) == SCRIPT.read_bytes()


@pytest.mark.parametrize("accepted", ["", "br", "gzip;q=0"])
async def test_who_takes_no_gzip_gets_the_file(middleware: CompressedStatic, accepted: str) -> None:
    response = await get(middleware, static("chat/log.js"), accept_encoding=accepted)

    assert "Content-Encoding" not in response
    assert response["Vary"] == "Accept-Encoding"
    assert await body(response) == SCRIPT.read_bytes()


async def test_what_is_asked_for_by_its_hash_is_kept(middleware: CompressedStatic) -> None:
    fresh = await get(middleware, static("chat/log.js"))
    same = await get(middleware, static("chat/log.js"), if_none_match=fresh["ETag"])

    assert (fresh.status_code, same.status_code) == (200, 304)
    assert "immutable" in fresh["Cache-Control"]
    assert fresh["Cache-Control"] == same["Cache-Control"]


@pytest.mark.parametrize("query", ["", "?v=0123456789ab"])
async def test_what_is_asked_for_otherwise_is_not(middleware: CompressedStatic, query: str) -> None:
    url = static("chat/log.js").partition("?")[0] + query

    assert "immutable" not in (await get(middleware, url))["Cache-Control"]
