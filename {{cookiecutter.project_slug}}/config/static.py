"""Static files: compressed, with a hash in their URLs, kept by browsers; no `collectstatic`."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage
from django.http import HttpRequest
from servestatic.middleware import AsyncServeStaticFileResponse, ServeStaticMiddleware
from servestatic.responders import Redirect, StaticFile
from servestatic.utils import parse_accept_encoding

FOR_EVER = f"max-age={ServeStaticMiddleware.FOREVER}, public, immutable"


class HashedUrlStorage(StaticFilesStorage):
    """Adds `?v=HASH` to URLs.

    Unlike Django's ManifestStaticFilesStorage, it does not need `collectstatic` at each deploy.
    """

    def url(self, name: str | None, force: bool = False) -> str:
        url: str = super().url(name)
        found = finders.find(name) if name else None
        return f"{url}?v={_content(found).hash}" if isinstance(found, str) else url


class CompressedStatic(ServeStaticMiddleware):
    """Sends files compressed, and lets browsers keep what they asked for by its hash."""

    def immutable_file_test(self, path: str, url: str) -> bool:
        """Return False: our hashes are not in the names.

        To find out, servestatic asks at start for the URL of each file with two dots in its name,
        and `HashedUrlStorage` would compress them all: a seventh of what a start costs.
        """
        return False

    @staticmethod
    async def aserve(
        static_file: StaticFile | Redirect, request: HttpRequest
    ) -> AsyncServeStaticFileResponse:
        response = await ServeStaticMiddleware.aserve(static_file, request)
        if isinstance(static_file, Redirect):
            return response
        path = static_file.alternatives[-1][1]  # the largest: not compressed
        content = await asyncio.to_thread(_content, path)
        # In a rolling deploy, a page of the new version may ask a process of the old one.
        if request.GET.get("v") == content.hash:
            response["Cache-Control"] = FOR_EVER
        response["Vary"] = "Accept-Encoding"
        accepted = parse_accept_encoding(request.headers.get("Accept-Encoding", ""))
        if response.status_code == 200 and content.gzip and "gzip" in accepted:
            response["Content-Encoding"] = "gzip"
            response["Content-Length"] = str(len(content.gzip))
            response.streaming_content = _once(content.gzip)
        return response


class Content(NamedTuple):
    hash: str
    gzip: bytes  # empty if it would not be smaller


def _content(path: str) -> Content:
    return _read(path, Path(path).stat().st_mtime_ns if settings.DEBUG else 0)


@cache
def _read(path: str, modified: int) -> Content:
    content = Path(path).read_bytes()
    compressed = gzip.compress(content, mtime=0)
    smaller = compressed if len(compressed) < len(content) else b""
    return Content(sha256(content).hexdigest()[:12], smaller)


async def _once(content: bytes) -> AsyncIterator[bytes]:
    yield content
