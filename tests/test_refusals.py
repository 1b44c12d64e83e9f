"""Answers that cannot work are refused with one sentence, before a file is written."""

import subprocess
import sys
from pathlib import Path

import answers as questions
import baking
import pytest
from conftest import Refuse

CONTROLS = [
    "two\nlines",
    "carriage\rreturn",
    "tab\there",
    "nul\0",
    "bell\a",
    "next\x85line",
    "\u2028",
]


@pytest.mark.parametrize("question", ["project_name", "description", "author_name"])
@pytest.mark.parametrize("text", CONTROLS, ids=ascii)
def test_control_characters_are_refused(refuse: Refuse, question: str, text: str) -> None:
    sentence = refuse(**{question: f"a{text}b", "project_slug": "x"}).strip().splitlines()[-1]

    assert sentence == (
        f"{question} holds a line break or another control character: type it as one line of text."
    )


@pytest.mark.parametrize("name", ["", " ", "   ", "\u3000", "\u200b"], ids=ascii)
def test_a_blank_name_is_refused(refuse: Refuse, name: str) -> None:
    sentence = refuse(project_name=name).strip().splitlines()[-1]

    assert sentence == (
        "project_name is blank, and it is the title of the page: "
        'type a name such as project_name="My Chat".'
    )


def overwrite(folder: Path, *answers: str) -> "subprocess.CompletedProcess[str]":
    """Bake with `-f`, which lets cookiecutter overwrite a project."""
    command = [sys.executable, "-m", "cookiecutter", "--no-input", "--default-config", "-f"]
    return subprocess.run(
        [*command, "-o", str(folder), str(questions.ROOT), *answers],
        capture_output=True,
        encoding="utf-8",
    )


def test_a_project_is_not_overwritten(tmp_path: Path) -> None:
    project = baking.bake(tmp_path, {"styling": "bootstrap"})
    (project / "README.md").write_text("mine\n", encoding="utf-8")
    before = {file: file.read_bytes() for file in project.rglob("*") if file.is_file()}

    run = overwrite(tmp_path, "styling=plain")

    assert run.returncode == 1
    assert "my-chat holds '.dockerignore': changes in it would be lost" in run.stderr
    assert {file: file.read_bytes() for file in project.rglob("*") if file.is_file()} == before


def test_a_folder_that_holds_no_file_of_the_template_is_filled(tmp_path: Path) -> None:
    project = tmp_path / "my-chat"
    (project / ".git").mkdir(parents=True)
    (project / ".env").write_text("MINE=1\n", encoding="utf-8")

    assert overwrite(tmp_path).returncode == 0
    assert (project / "manage.py").is_file()
    assert (project / ".env").read_text(encoding="utf-8") == "MINE=1\n"


def test_to_bake_again_keeps_the_data_and_leaves_no_file_of_other_answers(tmp_path: Path) -> None:
    project = baking.bake(tmp_path, {"styling": "bootstrap"}, again=True)
    (project / ".env").write_text("MINE=1\n", encoding="utf-8")
    (project / "db.sqlite3").write_text("data", encoding="utf-8")
    bootstrap = project / "chat" / "static" / "chat" / "bootstrap.min.css"
    assert bootstrap.is_file()

    assert baking.bake(tmp_path, {"styling": "plain"}, again=True) == project

    assert not bootstrap.exists()
    assert (project / ".env").read_text(encoding="utf-8") == "MINE=1\n"
    assert (project / "db.sqlite3").read_text(encoding="utf-8") == "data"
    assert list(tmp_path.iterdir()) == [project]
