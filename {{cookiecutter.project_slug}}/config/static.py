"""Adds a content hash to the URLs of static files, so that a deploy never runs a cached script."""

from functools import cache
from hashlib import sha256
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.contrib.staticfiles.storage import StaticFilesStorage


class HashedUrlStorage(StaticFilesStorage):
    """Adds `?v=HASH` to URLs.

    Unlike Django's ManifestStaticFilesStorage, it does not need `collectstatic` at each deploy.
    """

    def url(self, name: str | None, force: bool = False) -> str:
        url: str = super().url(name)
        found = finders.find(name) if name else None
        if not isinstance(found, str):
            return url
        return f"{url}?v={_hash(found, Path(found).stat().st_mtime_ns if settings.DEBUG else 0)}"


@cache
def _hash(path: str, modified: int) -> str:
    return sha256(Path(path).read_bytes()).hexdigest()[:12]
