"""A chosen part arrives byte for byte, and nothing of another choice with it."""

import json
import re
import runpy
import tomllib
from collections.abc import Callable
from pathlib import Path

import answers as questions
import pytest
import yaml
from conftest import Bake
from cookiecutter.generate import is_copy_only_path
from jinja2 import Template
from parts import PROJECT, TEMPLATES, files, parts

SLOTS = {"provider": "provider_sdk", "cancellation": "cancellation", "styling": "styling"}
# Files that are Django's templates, or are copied as they are.
DJANGO = {".html", ".js", ".svg"}
# A tag of djust that a document of the project writes about.
WRITTEN_ABOUT = "{% djust_markdown %}"
# A document with whole Django templates, which is copied as it is.
COPIED_DOCUMENT = Path("docs/extend.md")
# Parts that are no file of their own, but included in the middle of one.
INCLUDED_IN_A_FILE = {"requirements.txt", "head.html", "gitignore.txt", "look.md", "stop.md"}
# Included in the course: tests/test_exercises.py looks for them.
INCLUDED_IN_EXERCISES = {"exercise.md", "hints.txt", "test_connections.py"}
NOT_INCLUDED = {"built-from.sha256"}


def test_chosen_parts_arrive_byte_for_byte(project: Path, combination: dict[str, str]) -> None:
    assert parts(combination)
    for file, part in parts(combination).items():
        slot, answer = part.relative_to(TEMPLATES).parts[:2]
        assert answer == combination[SLOTS[slot]], f"{file} is for {answer}"
        assert (project / file).read_bytes() == part.read_bytes(), file


def test_every_part_is_included_somewhere() -> None:
    included = {
        part for combination in questions.COMBINATIONS for part in parts(combination).values()
    }
    for slot, question in SLOTS.items():
        for answer in questions.CHOICES[question]:
            there = {file for file in (TEMPLATES / slot / answer).rglob("*.*") if file.is_file()}
            orphans = {file for file in there - included if file.suffix != ".pyc"}
            known = INCLUDED_IN_A_FILE | INCLUDED_IN_EXERCISES | NOT_INCLUDED
            assert {file.name for file in orphans} <= known


def test_every_answer_has_its_folder() -> None:
    for slot, question in SLOTS.items():
        folders = {path.name for path in (TEMPLATES / slot).iterdir()}
        assert folders >= set(questions.CHOICES[question]), slot


def test_django_templates_and_scripts_are_copied_as_they_are(project: Path) -> None:
    """They are full of double braces that are not Jinja's."""
    context = {"cookiecutter": questions.CONTEXT}
    for file in sorted(PROJECT.rglob("*")):
        name = file.relative_to(PROJECT)
        if file.suffix in DJANGO and name.name != "base.html":
            assert is_copy_only_path(str(name), context), f"{name} would pass through Jinja"
            assert (project / name).read_bytes() == file.read_bytes()


def test_no_jinja_is_left_over(project: Path) -> None:
    for file, content in files(project).items():
        text = content.decode("utf-8")
        assert "cookiecutter." not in text, file
        if file.suffix not in DJANGO and file != COPIED_DOCUMENT:
            text = text.replace(WRITTEN_ABOUT, "")
            assert not re.search(r"\{[{%#].*[}%#]\}", text), file


def test_every_file_is_utf8_with_unix_line_ends(project: Path) -> None:
    for file, content in files(project).items():
        assert b"\r" not in content, file
        assert content == b"" or content.endswith(b"\n"), file
        content.decode("utf-8")


def test_every_file_parses(project: Path) -> None:
    parsers: dict[str, Callable[[str], object]] = {
        ".py": lambda text: compile(text, "", "exec"),
        ".toml": tomllib.loads,
        ".json": json.loads,
        ".yaml": yaml.safe_load,
        ".yml": yaml.safe_load,
    }
    for file, content in files(project).items():
        if file.suffix in parsers:
            parsers[file.suffix](content.decode("utf-8"))


def test_a_part_of_a_file_is_there(project: Path, combination: dict[str, str]) -> None:
    whole = "".join(content.decode("utf-8", "replace") for content in files(project).values())
    for slot, question in SLOTS.items():
        for name in INCLUDED_IN_A_FILE:
            part = TEMPLATES / slot / combination[question] / name
            if part.exists():
                text = Template(part.read_text(encoding="utf-8")).render()
                assert text.strip() in whole, part


@pytest.mark.parametrize("answer", sorted({a for c in questions.CHOICES.values() for a in c}))
def test_every_choice_is_explained(answer: str) -> None:
    labels = [questions.CONTEXT["__prompts__"][question] for question in questions.CHOICES]
    label = next(label[answer] for label in labels if answer in label)

    assert label.startswith(f"{answer} (")
    assert "[" not in label, "rich takes square brackets for markup"


@pytest.mark.parametrize("sdk", questions.CHOICES["provider_sdk"])
def test_the_table_says_what_the_part_says(bake: Bake, sdk: str) -> None:
    """The names of an SDK are Python in its part, and words for the files that are no Python."""
    row = questions.CONTEXT["_sdk"][sdk]
    names = runpy.run_path(str(bake(provider_sdk=sdk) / "chat" / "provider" / "names.py"))

    assert (row["title"], row["key"], row["base_url"], row["model"]) == (
        names["TITLE"],
        names["KEY_VARIABLE"],
        names["BASE_URL_VARIABLE"],
        names["DEFAULT_MODEL"],
    )
