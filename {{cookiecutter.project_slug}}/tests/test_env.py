"""Settings come from the environment, then from `.env`; what is empty counts as absent."""

import os
from pathlib import Path

import pytest

from config import env


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A `.env` with two variables, neither of which is in the environment."""
    for name in ("CHAT_TESTS_ONE", "CHAT_TESTS_EMPTY"):
        # Set first, so that what is loaded is undone as well.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    path = tmp_path / ".env"
    path.write_text("CHAT_TESTS_ONE='of the file: ü'\nCHAT_TESTS_EMPTY=\n", encoding="utf-8")
    return path


def test_the_file_is_read(file: Path) -> None:
    env.load(file)
    assert os.environ["CHAT_TESTS_ONE"] == "of the file: ü"


def test_the_environment_wins_over_the_file(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TESTS_ONE", "of the environment")
    env.load(file)
    assert os.environ["CHAT_TESTS_ONE"] == "of the environment"


def test_an_empty_variable_hides_nothing(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHAT_TESTS_ONE", "")
    env.load(file)
    assert os.environ["CHAT_TESTS_ONE"] == "of the file: ü"
    assert "CHAT_TESTS_EMPTY" not in os.environ


def test_without_a_file_nothing_is_changed(file: Path, tmp_path: Path) -> None:
    env.load(tmp_path / "none")
    assert "CHAT_TESTS_ONE" not in os.environ
