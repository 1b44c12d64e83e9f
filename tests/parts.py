"""The files of a project, and those that stand for a part, as their names and includes say."""

import re
from pathlib import Path

import answers as questions
from jinja2 import Template

PROJECT = questions.ROOT / "{{cookiecutter.project_slug}}"
TEMPLATES = questions.ROOT / "templates"
# A file that is nothing but one include, of a path that is joined from words and answers.
INCLUDE = re.compile(r"""\{% include ((?:"[^"]+"|cookiecutter\.\w+)(?: ~ [\w."/]+)*) %\}""")


def files(folder: Path) -> dict[Path, bytes]:
    """Return all files under `folder`, by their paths from there, with what they hold."""
    return {
        file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def baked_name(file: Path, combination: dict[str, str]) -> Path | None:
    """Return where a file of the project arrives; None if this combination has no such file.

    None has the files of the course: tests/test_exercises.py reads them.
    """
    template = Template(file.relative_to(PROJECT).as_posix())
    name = template.render(cookiecutter=combination)
    is_left_out = name == "" or name.endswith("/") or name.startswith("exercises/")
    return None if is_left_out else Path(name)


def parts(combination: dict[str, str]) -> dict[Path, Path]:
    """Return the files of the project that are a part, each with the part's own file."""
    found = {}
    for file in PROJECT.rglob("*"):
        name = baked_name(file, combination)
        if (
            name
            and file.is_file()
            and (match := INCLUDE.fullmatch(file.read_bytes().decode("utf-8", "replace")))
        ):
            pieces = [
                piece.strip('"') if piece.startswith('"') else combination[piece.split(".")[1]]
                for piece in match[1].split(" ~ ")
            ]
            found[name] = TEMPLATES / "".join(pieces)
    return found


def named_questions(file: Path) -> list[str]:
    """Return the questions that a file of the project names in its path, or in its one include."""
    text = file.relative_to(PROJECT).as_posix()
    if file.is_file() and INCLUDE.fullmatch(
        content := file.read_bytes().decode("utf-8", "replace")
    ):
        text += content
    return [question for question in questions.VARIANTS if f"cookiecutter.{question}" in text]
