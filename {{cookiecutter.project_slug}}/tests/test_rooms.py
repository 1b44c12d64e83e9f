"""Imports between the rooms of `chat/` go one way: page -> replies -> provider."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings

CHAT = Path(settings.BASE_DIR) / "chat"
APP = (
    "chat.models",
    "chat.queries",
    "chat.deletion",
    "chat.owners",
    "chat.error_messages",
    "chat.repair",
    "chat.metrics",  # metrics
    "chat.model_choice",  # models
    "chat.versions",  # versions
)
EXTRAS = ("chat.tools", "chat.limits", "chat.conversations", "chat.bus")
# What a room, or a module beside the rooms, may import of this project.
ALLOWED: dict[str, set[str]] = {
    "provider": {"chat.provider"},
    "bus": {"chat.bus"},  # bus
    "replies": {"chat.replies", *EXTRAS, "chat.provider", *APP},
    "page": {"chat.page", "chat.replies", *EXTRAS, "chat.provider", *APP},
    "conversations": {"chat.conversations", "chat.bus", *APP},  # conversations
    "tools": {"chat.tools", "chat.models", "chat.provider", "chat.repair"},  # tools
    "limits": {"chat.limits", "chat.models", "chat.error_messages", "chat.provider"},  # limits
    "export": {"chat.export", "chat.tools", *APP},  # export
    "management": {"chat.deletion", "chat.models"},  # export
    "deletion.py": {"chat.models", "chat.owners"},
    "database.py": set(),
    "models.py": {"chat.tools.models", "chat.limits.models", "chat.conversations.managers"},
    "owners.py": set(),
    "metrics.py": {"chat.models"},  # metrics
    "model_choice.py": {"chat.models", "chat.owners", "chat.provider"},  # models
    "versions.py": {"chat.models"},  # versions
    "queries.py": {"chat.models", "chat.owners", "chat.tools", "chat.provider", "chat.versions"},
    "error_messages.py": {"chat.provider"},
    "defaults_without_config.py": {"chat.provider"},
    "checks.py": {"chat.model_choice", "chat.provider"},
    # What takes long at its first use is loaded at startup.
    "lifespan.py": {"chat.page.highlighting", "chat.replies", *EXTRAS, *APP},
}
# Libraries that any room may import.
LIBRARIES = {"channels", "django", "dotenv", "filelock", "uvicorn"}
# Libraries that only one room imports.
ROOM_LIBRARIES = {
    "bus": {"redis"},  # bus
    "page": {"comrak", "djust", "pygments"},
    "tools": {"pydantic", "pydantic_core"},  # tools
    "metrics.py": {"prometheus_client"},  # metrics
}


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
    allowed = (*ALLOWED[room], "chat.database")
    assert {(file, name) for file, name in ours if not f"{name}.".startswith(allowed)} == set()


def test_another_site_can_take_the_chat_without_the_rest_of_this_project() -> None:
    others = {"config", "fake_model", "tests"}
    for file in CHAT.rglob("*.py"):
        assert not others & {name.split(".")[0] for name in imports(file)}, file


def test_only_page_imports_djust_and_only_provider_imports_the_sdk() -> None:
    known = {"chat", "config", "fake_model", *sys.stdlib_module_names, *LIBRARIES}
    for file in CHAT.rglob("*.py"):
        room = file.relative_to(CHAT).parts[0]
        others = {name.split(".")[0] for name in imports(file)} - known
        if room != "provider":
            assert others <= ROOM_LIBRARIES.get(room, set()), file
