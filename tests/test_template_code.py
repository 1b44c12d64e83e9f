"""The template's own code keeps the rules that it sets for its projects."""

import subprocess
import sys

import answers as questions
import pytest

COMMANDS = {
    "ruff-check": ["ruff", "check"],
    "ruff-format": ["ruff", "format", "--check", "--diff"],
    "mypy": ["mypy"],
}


@pytest.mark.parametrize("command", COMMANDS.values(), ids=COMMANDS.keys())
def test_it_passes(command: list[str]) -> None:
    run = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=questions.ROOT,
        capture_output=True,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_hooks_stay_small() -> None:
    for hook in (questions.ROOT / "hooks").glob("*.py"):
        assert len(hook.read_text(encoding="utf-8").splitlines()) < 120, hook
