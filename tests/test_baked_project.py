"""What a person would check in a new project, in every combination of answers."""

import shutil
import subprocess
from pathlib import Path

import checks
import pytest
import virtualenvs


@pytest.fixture(scope="session")
def checkout(
    project: Path, combination: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> checks.Checkout:
    """Copy the project, since tools write into it, and install what it needs, once per SDK."""
    copy = shutil.copytree(project, tmp_path_factory.mktemp("checkout") / project.name)
    sdk = combination["provider_sdk"]
    # What mypy knows of Django serves all projects of one environment.
    return checks.install(copy, sdk, mypy_cache=virtualenvs.SCRATCH / f"mypy-{sdk}")


@pytest.mark.parametrize("check", checks.CHECKS)
def test_it_passes(checkout: checks.Checkout, check: str) -> None:
    checkout.run(check)


def test_git_ignores_secrets_and_data(checkout: checks.Checkout) -> None:
    git = ["git", "-c", "core.excludesFile=", "-C", str(checkout.project)]
    subprocess.run([*git, "init", "--quiet"], check=True)
    ignored = [".env", "db.sqlite3", "db.sqlite3-wal", ".venv/x", "chat/__pycache__/x.pyc"]

    run = subprocess.run([*git, "check-ignore", *ignored], capture_output=True, encoding="utf-8")

    assert run.stdout.splitlines() == ignored
