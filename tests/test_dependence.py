"""Which answers each file of a project depends on, and that tests/matrix.py follows from it."""

import re
from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import answers as questions
import checks
import matrix
import pytest
from conftest import Bake, Baked
from parts import PROJECT, baked_name, files, named_questions

SDK, STRATEGY, STYLING = "provider_sdk", "cancellation", "styling"
# What depends on which answers, besides the parts of one answer. All else is the same everywhere.
TABLE = {
    (SDK,): {".env", ".env.example", "docs/models.md", "pyproject.toml", "requirements.txt"},
    (STRATEGY,): {"docs/design.md"},
    (STYLING,): {".gitignore", "chat/templates/chat/base.html", "docs/conversations.md"},
    # How the SDK's client of this strategy is opened.
    (SDK, STRATEGY): {"chat/provider/client.py"},
    # Read by people alone; tests/test_parts.py looks for its parts in every combination.
    (SDK, STYLING): {"README.md"},
}
FOR_PEOPLE = {"README.md", "docs/design.md"}
SECRET = re.compile(rb"^DJANGO_SECRET_KEY=.+$", re.MULTILINE)

Files = dict[str, bytes]
Bakes = dict[str, Files]

pytestmark = pytest.mark.xdist_group("dependence")


@pytest.fixture(scope="module")
def bakes(baked: Baked) -> Bakes:
    """The files of every combination, by its name; without the secret, which is always another."""
    return {
        name: without_secret(baked(name)) for name in map(questions.name, questions.COMBINATIONS)
    }


def without_secret(project: Path) -> Files:
    """Return all files of a project with what they hold, but for the secret."""
    return {file.as_posix(): SECRET.sub(b"", content) for file, content in files(project).items()}


def decides(question: str, file: str, bakes: Bakes) -> bool:
    """Return whether `file` differs between two combinations with other answers to it alone."""
    return any(
        bakes[questions.name(one)].get(file) != bakes[questions.name(other)].get(file)
        for one, other in combinations(questions.COMBINATIONS, 2)
        if {key for key in one if one[key] != other[key]} == {question}
    )


def dependence(bakes: Bakes) -> dict[str, tuple[str, ...]]:
    """Return for each file of any combination the questions that it depends on."""
    return {
        file: tuple(each for each in questions.VARIANTS if decides(each, file, bakes))
        for file in set().union(*bakes.values())
    }


def parts_of_one_answer() -> dict[str, tuple[str, ...]]:
    """Return the files that stand for a part of one answer, each with its question."""
    return {
        name.as_posix(): tuple(named)
        for file in PROJECT.rglob("*")
        if file.is_file() and len(named := named_questions(file)) == 1
        for combination in questions.COMBINATIONS
        if (name := baked_name(file, combination))
    }


def test_each_file_depends_on_one_answer_at_most_or_is_in_the_table(bakes: Bakes) -> None:
    table = {file: depends for depends, files in TABLE.items() for file in files}

    assert {file: depends for file, depends in dependence(bakes).items() if depends} == {
        **parts_of_one_answer(),
        **table,
    }


@pytest.mark.parametrize("name", list(map(questions.name, matrix.CORE)))
def test_a_second_bake_has_another_secret_and_else_the_same_bytes(
    bake: Bake, baked: Baked, bakes: Bakes, name: str
) -> None:
    again = bake(**questions.named(name))

    assert (again / ".env").read_bytes() != (baked(name) / ".env").read_bytes()
    assert without_secret(again) == bakes[name]


def python_and_its_settings(file: str, depends: tuple[str, ...]) -> bool:
    """What mypy and `makemigrations` read: they import the project."""
    return file.endswith(".py") or file in ("pyproject.toml", ".env")


def all_but_the_styling(file: str, depends: tuple[str, ...]) -> bool:
    """What own tests read without a browser, but for the `<head>` of the page."""
    return STYLING not in depends


def the_styling(file: str, depends: tuple[str, ...]) -> bool:
    """What decides how the page looks, and is not the same everywhere."""
    return STYLING in depends and file not in FOR_PEOPLE


@pytest.mark.parametrize(
    ("ran", "reads"),
    [
        (["mypy"], python_and_its_settings),
        (["migrations"], python_and_its_settings),
        ([checks.OWN_TESTS, matrix.PAIR_TESTS], all_but_the_styling),
        ([checks.OWN_TESTS], the_styling),
    ],
    ids=["mypy", "migrations", "own-tests", "looks"],
)
def test_what_a_check_reads_is_the_same_in_a_combination_that_it_runs_in(
    bakes: Bakes, ran: list[str], reads: Callable[[str, tuple[str, ...]], bool]
) -> None:
    read_files = {file for file, depends in dependence(bakes).items() if reads(file, depends)}
    read = {
        name: {file: content for file, content in files.items() if file in read_files}
        for name, files in bakes.items()
    }
    run = [questions.name(each) for check in ran for each in matrix.WHERE[check]]

    assert read_files
    for name in bakes:
        assert any(read[name] == read[other] for other in run), name


def test_what_is_not_in_another_test_runs_everywhere() -> None:
    fewer = {check for check, where in matrix.WHERE.items() if where != questions.COMBINATIONS}

    assert fewer == {"mypy", "migrations", checks.OWN_TESTS, matrix.PAIR_TESTS}
    assert matrix.WHERE.keys() - {matrix.PAIR_TESTS} == checks.CHECKS.keys()
