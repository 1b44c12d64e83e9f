"""An extra can be taken out as its document says: the rest of the project passes its tests."""

from pathlib import Path

import answers as questions
import baking
import checks
import matrix
import pytest
from taking_out import take_out

SDK = questions.CHOICES["provider_sdk"][0]
# For each test, the extras that are taken out: by name, document and heading.
LIMITS = ("limits", "docs/usage.md", "Take the limits out")
EXTRAS = {
    "tools": [("tools", "docs/tools.md")],
    "models": [("models", "docs/models.md")],
    "cache": [("cache", "docs/cache.md")],
    "conversations": [("conversations", "docs/conversations.md")],
    "export": [("export", "docs/export.md")],
    "versions": [("versions", "docs/versions.md")],
    "limits": [LIMITS],
    "usage": [LIMITS, ("usage", "docs/usage.md", "Take usage out")],
}


@pytest.mark.parametrize("extras", EXTRAS.values(), ids=EXTRAS.keys())
def test_the_rest_passes_without_it(tmp_path: Path, extras: list[tuple[str, ...]]) -> None:
    checkout = checks.install(baking.bake(tmp_path / "baked", {}), SDK)

    for extra in extras:
        take_out(checkout.project, *extra)
    checkout.output("manage.py", "makemigrations", "chat")
    checkout.output("-m", "ruff", "check", "--fix", "--quiet")
    checkout.output("-m", "ruff", "format", "--quiet")

    for check in ("ruff-check", "ruff-format", "system-checks", "migrations", "mypy"):
        checkout.run(check)
    checkout.output("-m", "pytest", "-n", "0", *_tests_of_what_is_left(checkout.project))


def _tests_of_what_is_left(project: Path) -> list[str]:
    """Those of the rooms that know an extra. The provider and the built-in model know none."""
    rooms = ["tests/page", "tests/replies", "tests/tools", "tests/limits", matrix.SMOKE.as_posix()]
    files = [f"tests/{file.name}" for file in sorted((project / "tests").glob("test_*.py"))]
    slow = {"tests/test_dev.py", "tests/test_dev_reload.py"}
    return [room for room in rooms if (project / room).exists()] + [
        file for file in files if file not in slow
    ]
