"""A project's tests of the bus pass with Redis, where it is installed, and with their stand-in."""

import os
import shutil
import sys
from pathlib import Path

import answers as questions
import baking
import checks
import pytest

SDK = questions.CHOICES["provider_sdk"][0]


def test_redis_is_there_for_the_own_tests() -> None:
    if os.environ.get("CI") and sys.platform == "linux":
        assert shutil.which("redis-server"), "Install it: apt-get install redis-server"


def test_the_stand_in_serves_as_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout = checks.install(baking.bake(tmp_path, {}), SDK)
    monkeypatch.setenv("PATH", "")  # So redis-server is not found.

    checkout.test("-n", "0", "tests/bus")
