"""What a person would check in a new project, in every combination of answers."""

import os
import shutil
import subprocess
from pathlib import Path

import browser
import pytest
import virtualenvs

# Variables that would make a developer's machine differ from a new one.
HIDDEN = ("CHAT_", "DJANGO_", "OPENAI_", "ANTHROPIC_", "GEMINI_", "GOOGLE_", "PYTEST_")
HIDDEN_NAMES = {"DATABASE_URL", "REDIS_URL", "VIRTUAL_ENV", "PYTHONPATH"}


class Checkout:
    """A baked project with its requirements installed."""

    def __init__(self, project: Path, python: Path, chromium: Path | None) -> None:
        """Remember where things are; `chromium` None is the one that Playwright installed."""
        self.project = project
        self.python = python
        self.environ = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(HIDDEN) and name not in HIDDEN_NAMES
        }
        self.environ["MYPY_CACHE_DIR"] = str(virtualenvs.SCRATCH / "mypy")
        if chromium:
            self.environ["CHROMIUM"] = str(chromium)

    def run(self, *arguments: str) -> str:
        """Run `python arguments` in the project, and return its output.

        Fails the test with that output unless it succeeds within 15 minutes.
        """
        run = subprocess.run(
            [self.python, *arguments],
            cwd=self.project,
            env=self.environ,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=900,
        )
        assert run.returncode == 0, f"python {' '.join(arguments)}\n{run.stdout}"
        return run.stdout


@pytest.fixture(scope="session")
def checkout(
    project: Path, combination: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Checkout:
    """Copy the project, since tools write into it, and install what it needs, once per SDK."""
    copy = shutil.copytree(project, tmp_path_factory.mktemp("checkout") / project.name)
    python = virtualenvs.project_python(project, combination["provider_sdk"])
    chromium = browser.find()
    if not chromium:
        subprocess.run([python, "-m", "playwright", "install", "chromium"], check=True)
    return Checkout(copy, python, chromium)


def test_its_own_tests_pass_and_none_is_skipped(checkout: Checkout) -> None:
    output = checkout.run("-m", "pytest", "-rs", "--color=no")

    assert " skipped" not in output.splitlines()[-1], output


def test_ruff_check_finds_nothing(checkout: Checkout) -> None:
    checkout.run("-m", "ruff", "check", "--no-cache")


def test_ruff_format_changes_nothing(checkout: Checkout) -> None:
    checkout.run("-m", "ruff", "format", "--check", "--diff", "--no-cache")


def test_mypy_finds_nothing(checkout: Checkout) -> None:
    checkout.run("-m", "mypy", ".")


def test_system_checks_find_nothing(checkout: Checkout) -> None:
    checkout.run("manage.py", "check", "--fail-level", "WARNING")


def test_migrations_match_the_models(checkout: Checkout) -> None:
    checkout.run("manage.py", "makemigrations", "--check", "--dry-run")


def test_git_ignores_secrets_and_data(checkout: Checkout) -> None:
    git = ["git", "-c", "core.excludesFile=", "-C", str(checkout.project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    ignored = [".env", "db.sqlite3", "db.sqlite3-wal", ".venv/x", "chat/__pycache__/x.pyc"]

    run = subprocess.run([*git, "check-ignore", *ignored], capture_output=True, encoding="utf-8")

    assert run.stdout.splitlines() == ignored
