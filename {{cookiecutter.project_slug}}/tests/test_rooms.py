"""Imports between the rooms of `chat/` go one way: page -> replies -> provider."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

CHAT = Path(settings.BASE_DIR) / "chat"
APP = ("chat.models", "chat.queries", "chat.owners", "chat.error_messages")
# What a room, or a module beside the rooms, may import of this project.
ALLOWED: dict[str, set[str]] = {
    "provider": {"chat.provider"},
    "replies": {"chat.replies", "chat.provider", *APP},
    "page": {"chat.page", "chat.replies", "chat.provider", *APP},
    "models.py": set(),
    "owners.py": set(),
    "queries.py": {"chat.models", "chat.owners", "chat.provider"},
    "error_messages.py": {"chat.provider", "config.env"},
}
# Libraries that any room may import.
LIBRARIES = {"channels", "django", "dotenv", "filelock", "uvicorn"}


def imports(file: Path) -> Iterator[str]:
    """The modules of this project that a file imports, inside of functions too."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{file}: imports are absolute in chat/"
            yield from (f"{node.module}.{name.name}" for name in node.names)


@pytest.mark.parametrize("room", ALLOWED)
def test_a_room_imports_only_what_is_below_it(room: str) -> None:
    files = list((CHAT / room).rglob("*.py")) if (CHAT / room).is_dir() else [CHAT / room]
    assert files
    found = {(file.name, name) for file in files for name in imports(file)}
    ours = {(file, name) for file, name in found if name.split(".")[0] in ("chat", "config")}
    allowed = tuple(ALLOWED[room])
    assert {(file, name) for file, name in ours if not f"{name}.".startswith(allowed)} == set()


def test_only_page_imports_djust_and_only_provider_imports_the_sdk() -> None:
    known = {"chat", "config", "fake_model", *sys.stdlib_module_names, *LIBRARIES}
    for file in CHAT.rglob("*.py"):
        room = file.relative_to(CHAT).parts[0]
        others = {name.split(".")[0] for name in imports(file)} - known
        if room != "provider":
            assert others <= ({"djust"} if room == "page" else set()), file
