"""A server that could not work says why, and ends."""

from pathlib import Path

import pytest

from fake_model.server import FakeModel
from tests.server import Server


def test_without_its_tables_it_names_the_command(tmp_path: Path, model: FakeModel) -> None:
    server = Server(tmp_path, model)
    with pytest.raises(TimeoutError) as ended:
        server.start()
    server.kill()
    log = str(ended.value)
    assert "The database does not work: no such table" in log
    assert "Run: python manage.py migrate" in log
    assert "Traceback" not in log


def test_without_a_secret_key_it_does_not_start(tmp_path: Path, model: FakeModel) -> None:
    server = Server(tmp_path, model, DJANGO_SECRET_KEY="")
    with pytest.raises(TimeoutError, match="DJANGO_SECRET_KEY is not set") as ended:
        server.start()
    server.kill()
    assert "secrets.token_urlsafe(50)" in str(ended.value)
