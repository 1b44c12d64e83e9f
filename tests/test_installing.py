"""A project runs by uv alone, whose environments contain no pip, and without a network."""

import os
import shlex
import subprocess
from pathlib import Path

import baking
import pytest
import test_documents
from uv import find_uv_bin

# What documents let a person type after `uv run`, and tests/test_documents.py runs without it.
COMMANDS = [
    command
    for command in test_documents.commands()
    if command.startswith("uv run ")
    and command not in test_documents.NOT_RUN
    and not any(served in command for served in test_documents.SERVED)
]
# What the README of a project says, in its order.
WITHOUT_A_NETWORK = [
    command
    for command, reason in test_documents.NOT_RUN.items()
    if reason.startswith("tests/test_installing.py")
]

pytestmark = pytest.mark.xdist_group("installing")


def uv(project: Path, *arguments: str, **variables: str) -> str:
    """Run uv in a project, and return its output; fail if it fails."""
    # `python -m uv` would take the environment of that Python for the active one.
    environ = os.environ | {"VIRTUAL_ENV": str(project / ".venv")}
    run = subprocess.run(
        [find_uv_bin(), *arguments],
        cwd=project,
        env=environ | variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )
    assert run.returncode == 0, run.stdout
    return run.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project with default answers, whose packages are in uv's cache."""
    project = baking.bake(tmp_path_factory.mktemp("uv"), {})
    uv(project, "sync", "--quiet")
    return project


def test_documents_have_commands_for_uv() -> None:
    assert "uv run ruff check" in COMMANDS


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_a_document_works(project: Path, command: str) -> None:
    uv(project, *shlex.split(command)[1:])


def test_a_hint_does_not_ask_for_pip_where_there_is_none(project: Path) -> None:
    # Without the drivers, which the group `dev` includes.
    run = ("run", "--isolated", "--no-dev", "python")
    check = ("manage.py", "check", "--fail-level", "CRITICAL")

    said = uv(project, *run, *check, REDIS_URL="redis://localhost")

    assert "uv sync --group server" in said
    assert "pip" not in said


def test_without_a_network_uv_installs_the_pins_and_runs(tmp_path: Path, project: Path) -> None:
    another = baking.bake(tmp_path, {})

    for command in WITHOUT_A_NETWORK:
        arguments = shlex.split(command.replace("manage.py dev", "manage.py check"))
        said = uv(another, *arguments[1:], UV_OFFLINE="1")

    assert "System check identified" in said
    assert not (another / "uv.lock").exists(), "it was resolved for other systems"
