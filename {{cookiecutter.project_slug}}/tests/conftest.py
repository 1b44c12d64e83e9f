"""What the tests share: the built-in model as the upstream."""

import asyncio
import importlib
import math
import os
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.contenttypes.management import create_contenttypes
from django.contrib.contenttypes.models import ContentType
from django.db.models.signals import post_migrate

from chat.replies.registry import replies
from fake_model.record import Record
from fake_model.server import FakeModel
from tests import waiting

SOON = waiting.SOON
KEY = "sk-the-key-of-the-tests"
BROWSER = "tests/browser/"
# Files that take more than five seconds.
LONG = (
    f"{BROWSER}test_accessibility.py",
    f"{BROWSER}test_conversation.py",
    f"{BROWSER}test_conversation_list.py",  # conversations
    f"{BROWSER}test_live_record.py",
    f"{BROWSER}test_reading.py",
    f"{BROWSER}test_versions.py",  # versions
    "tests/limits/test_simultaneous.py",  # limits
    "tests/replies/test_running_reply.py",
    "tests/test_checks.py",
    "tests/test_dev.py",
    "tests/test_dev_reload.py",
)


def pytest_xdist_auto_num_workers() -> int | None:
    """One process more than there are processors, since tests wait half of their time.

    At most four, because each has a browser. None: PYTEST_XDIST_AUTO_NUM_WORKERS decides.
    """
    if "PYTEST_XDIST_AUTO_NUM_WORKERS" in os.environ:
        return None
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mix the files with a browser, which keeps a processor busy, with the others, which wait.

    The long ones of both come first, so that no process has one of them at the end; the others by
    their names, so that not all files of a folder that waits much come together.
    """
    files = dict.fromkeys(item.nodeid.partition("::")[0] for item in items)
    ordered = sorted(files, key=lambda file: (not file.startswith(LONG), file.rpartition("/")[2]))
    place: dict[str, float] = {}
    for kind in (True, False):
        of_kind = [file for file in ordered if file.startswith(BROWSER) is kind]
        place |= {file: number / len(of_kind) for number, file in enumerate(of_kind)}
    items.sort(key=lambda item: place[item.nodeid.partition("::")[0]])


@pytest.fixture(scope="session", autouse=True)
def _no_permissions() -> None:
    """Create no permissions and no content types: a test that needs one creates it.

    Otherwise Django would create all of them again after each test with `transaction=True`, which
    empties the tables.
    """
    uid = "django.contrib.auth.management.create_permissions"
    assert post_migrate.disconnect(dispatch_uid=uid)
    assert post_migrate.disconnect(create_contenttypes)


@pytest.fixture(autouse=True)
def _no_cached_content_types() -> None:
    """Forget the content types of another test, whose rows are gone."""
    ContentType.objects.clear_cache()


@pytest.fixture(autouse=True)
def _no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A proxy of the developer's own is not asked for this machine."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream that the SDK asks, as fast as it can. Its record is what Stop is judged by."""
    with FakeModel(tokens_per_second=math.inf) as model:
        point_at(model.base_url, monkeypatch)
        yield model


@pytest.fixture
def slow_model(monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeModel]:
    """The upstream at 50 tokens a second, for what is done while a reply flows."""
    with FakeModel(tokens_per_second=50) as model:
        point_at(model.base_url, monkeypatch)
        yield model


def point_at(base_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Send the SDK's requests to `base_url`."""
    # The first import of the SDK takes seconds, which would count as waiting.
    importlib.import_module("chat.provider.reader")
    monkeypatch.setattr(settings, "CHAT_BASE_URL", base_url)
    monkeypatch.setattr(settings, "CHAT_API_KEY", KEY)


async def seen_by(model: FakeModel, predicate: Callable[[Record], Any], what: str = "") -> None:
    """Wait, without holding up the server, until the upstream has seen something.

    Raises TimeoutError with `what` was to happen, or the predicate, and the record.
    """
    await asyncio.to_thread(model.wait_for, predicate, SOON, what or waiting.source(predicate))


async def replies_ended() -> None:
    """Wait until no reply runs any more, and what follows the end of one is done."""
    async with waiting.limit("the replies end"):
        await asyncio.gather(*replies._tasks)


async def closed_by_client(model: FakeModel, index: int = 0) -> None:
    """Wait until the client has closed the connection of a request: what Stop is judged by.

    Raises TimeoutError with the record.
    """
    what = f"the client closes the connection of request {index}"
    await seen_by(model, lambda record: record[index].ended_by == "client", what)
