"""What is told of a PostgreSQL that gives no connection; it is played by this test."""

import logging
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.db.backends.postgresql import base
from psycopg import OperationalError
from psycopg_pool import PoolTimeout

from config.postgresql import base as ours
from config.postgresql.base import DatabaseWrapper

Play = Callable[[Exception | str], Any]


@pytest.fixture
def play(monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture) -> Play:
    """Ask for a connection, for which the pool raises or returns something."""

    def direct(**parameters: Any) -> Any:
        raise OperationalError('FATAL: database "nope" does not exist')

    def _play(answer: Exception | str) -> Any:
        def from_pool(*arguments: Any) -> str:
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr(base.DatabaseWrapper, "get_new_connection", from_pool)
        return DatabaseWrapper.__new__(DatabaseWrapper).get_new_connection({})

    caplog.set_level(logging.INFO, "chat")
    monkeypatch.setattr(DatabaseWrapper, "Database", SimpleNamespace(connect=direct))
    monkeypatch.setattr(ours, "_is_alive", lambda connection: True)
    monkeypatch.setattr(DatabaseWrapper, "answers", None)
    return _play


def test_the_first_failure_has_its_cause(play: Play) -> None:
    with pytest.raises(OperationalError, match='database "nope" does not exist'):
        play(PoolTimeout("couldn't get a connection after 3.00 sec"))


def test_a_database_that_was_away_is_told_once_it_answers(
    play: Play, caplog: pytest.LogCaptureFixture
) -> None:
    assert play("connection") == "connection"
    for _ in range(2):
        with pytest.raises(PoolTimeout):
            play(PoolTimeout("couldn't get a connection after 3.00 sec"))
    assert not caplog.messages
    assert [play("connection") for _ in range(2)] == ["connection"] * 2
    assert caplog.messages == ["PostgreSQL answers again"]
