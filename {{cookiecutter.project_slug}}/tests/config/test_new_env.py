"""The first `.env` is `.env.example` with a secret, as the template's hook writes it."""

import re
import stat
import sys
from pathlib import Path

import pytest

from chat.provider import names
from config import new_env


@pytest.mark.parametrize(
    ("key", "line"),
    [
        (" ", f"{names.KEY_VARIABLE}="),
        ("sk-secret", f"# {names.KEY_VARIABLE} was found in the environment: left there."),
    ],
)
def test_a_missing_env_file_is_written_once(
    key: str, line: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.delenv("DJANGO_ENV_FILE")
    monkeypatch.setenv(names.KEY_VARIABLE, key)
    example = f"# Ünïcode\nDJANGO_SECRET_KEY=\nDJANGO_DEBUG=true\n{names.KEY_VARIABLE}=\n"
    (tmp_path / ".env.example").write_text(example, encoding="utf-8")
    new_env.create(tmp_path, names.KEY_VARIABLE)
    written = (tmp_path / ".env").read_text(encoding="utf-8")
    first, secret, *rest = written.splitlines()
    assert [first, *rest] == ["# Ünïcode", "DJANGO_DEBUG=true", line]
    assert re.fullmatch(r"DJANGO_SECRET_KEY=\S{50,}", secret)
    new_env.create(tmp_path, names.KEY_VARIABLE)
    assert (tmp_path / ".env").read_text(encoding="utf-8") == written


def test_where_another_file_is_named_none_is_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DJANGO_ENV_FILE", "other.env")
    (tmp_path / ".env.example").touch()
    new_env.create(tmp_path, names.KEY_VARIABLE)
    assert not (tmp_path / ".env").exists()


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_its_owner_can_read_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("DJANGO_ENV_FILE")
    (tmp_path / ".env.example").write_text("DJANGO_SECRET_KEY=\n", encoding="utf-8")
    new_env.create(tmp_path, names.KEY_VARIABLE)
    assert stat.S_IMODE((tmp_path / ".env").stat().st_mode) == 0o600
