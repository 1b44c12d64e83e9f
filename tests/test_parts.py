"""A chosen part arrives byte for byte, and nothing of another choice with it."""

import json
import re
import tomllib
from collections.abc import Callable
from pathlib import Path

import answers as questions
import pytest
import yaml
from conftest import Bake
from cookiecutter.generate import is_copy_only_path

PROJECT = questions.ROOT / "{{cookiecutter.project_slug}}"
TEMPLATES = questions.ROOT / "templates"
SLOTS = {"provider": "provider_sdk", "cancellation": "cancellation", "styling": "styling"}
# Files that are Django's templates, or are copied as they are.
DJANGO = {".html", ".js", ".svg"}
INCLUDE = re.compile(r'\{% include "(\w+)/" ~ cookiecutter\.(\w+) ~ "/([\w./-]+)" %\}')


def parts() -> dict[Path, tuple[str, str, str]]:
    """Return, for each file that is nothing but one include, its slot, question and part."""
    found = {}
    for file in sorted(PROJECT.rglob("*")):
        if file.is_file() and (match := INCLUDE.fullmatch(file.read_text(encoding="utf-8"))):
            found[file.relative_to(PROJECT)] = (match[1], match[2], match[3])
    return found


def files(folder: Path) -> dict[Path, bytes]:
    """Return all files under `folder` with what they hold."""
    return {
        file.relative_to(folder): file.read_bytes() for file in folder.rglob("*") if file.is_file()
    }


def test_chosen_parts_arrive_byte_for_byte(project: Path, combination: dict[str, str]) -> None:
    assert parts()
    for file, (slot, question, part) in parts().items():
        assert SLOTS[slot] == question
        source = TEMPLATES / slot / combination[question] / part
        assert (project / file).read_bytes() == source.read_bytes(), file


def test_every_part_is_included_somewhere() -> None:
    lists = {"requirements.txt"}
    included = {(slot, part) for slot, _, part in parts().values()}
    for slot, question in SLOTS.items():
        for answer in questions.CHOICES[question]:
            folder = TEMPLATES / slot / answer
            there = {file.relative_to(folder).as_posix() for file in files_of(folder)} - lists
            assert there == {part for where, part in included if where == slot}, folder


def files_of(folder: Path) -> list[Path]:
    """Return the files of a part's folder, without what Python leaves there."""
    return [file for file in folder.rglob("*") if file.is_file() and file.suffix != ".pyc"]


def test_every_answer_has_its_folder() -> None:
    for slot, question in SLOTS.items():
        folders = {path.name for path in (TEMPLATES / slot).iterdir()}
        assert folders >= set(questions.CHOICES[question]), slot


def test_all_combinations_have_the_same_files(bake: Bake, project: Path) -> None:
    assert files(bake()).keys() == files(project).keys()


def test_only_the_parts_and_the_sdks_words_differ(bake: Bake, project: Path) -> None:
    """Imports, views, models, templates and tests are the same bytes in every combination."""
    words = {"README.md", ".env", ".env.example", "pyproject.toml", "requirements.txt"}
    default, chosen = files(bake()), files(project)
    differing = {file for file in default if default[file] != chosen[file]} - parts().keys()

    assert {file.name for file in differing} <= words | {"settings.py"}


def test_django_templates_and_scripts_are_copied_as_they_are(project: Path) -> None:
    """They are full of double braces that are not Jinja's."""
    context = {"cookiecutter": questions.CONTEXT}
    for file in sorted(PROJECT.rglob("*")):
        name = file.relative_to(PROJECT)
        if file.suffix in DJANGO and name.name != "base.html":
            assert is_copy_only_path(str(name), context), f"{name} would pass through Jinja"
            assert (project / name).read_bytes() == file.read_bytes()


def test_two_bakes_differ_in_their_secret_only(bake: Bake, combination: dict[str, str]) -> None:
    one, two = files(bake(**combination)), files(bake(**combination))

    assert one.pop(Path(".env")) != two.pop(Path(".env"))
    assert one == two


def test_no_jinja_is_left_over(project: Path) -> None:
    for file, content in files(project).items():
        text = content.decode("utf-8")
        assert "cookiecutter." not in text, file
        if file.suffix not in DJANGO:
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


@pytest.mark.parametrize("answer", sorted({a for c in questions.CHOICES.values() for a in c}))
def test_every_choice_is_explained(answer: str) -> None:
    labels = [questions.CONTEXT["__prompts__"][question] for question in questions.CHOICES]
    label = next(label[answer] for label in labels if answer in label)

    assert label.startswith(f"{answer} (")
    assert "[" not in label, "rich takes square brackets for markup"
