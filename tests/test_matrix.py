"""Which combinations are run, and that nothing of a pair's own tests is left out unseen."""

import re
import subprocess
import sys
from itertools import product
from pathlib import Path

import answers as questions
import matrix
from conftest import Bake


def test_every_combination_has_its_turn_and_the_longest_come_first() -> None:
    names = list(map(questions.name, matrix.IN_ORDER))

    assert sorted(names) == sorted(map(questions.name, questions.COMBINATIONS))
    assert names[: len(matrix.CORE)] == list(map(questions.name, matrix.CORE))


def test_the_core_has_every_answer_and_is_no_larger_than_it_must_be() -> None:
    for question, choices in questions.VARIANTS.items():
        assert {combination[question] for combination in matrix.CORE} == set(choices)
    assert len(matrix.CORE) == max(map(len, questions.VARIANTS.values()))
    assert matrix.CORE[0] == questions.COMBINATIONS[0]


def test_every_provider_meets_every_strategy() -> None:
    met = [matrix.pair(each) for each in [*matrix.CORE, *matrix.FURTHER_PAIRS]]
    sdks, cancellations = questions.CHOICES["provider_sdk"], questions.CHOICES["cancellation"]

    assert sorted(met) == sorted(product(sdks, cancellations)), "each of them, and once"


def test_the_own_tests_of_a_pair_are_all_but_those_of_other_browser_files(bake: Bake) -> None:
    project = bake()
    ignored = [Path(argument.removeprefix("--ignore=")) for argument in matrix.pair_tests(project)]
    in_browser = {
        file.relative_to(project) for file in (project / "tests" / "browser").glob("test_*.py")
    }

    assert {*ignored, matrix.SMOKE} == in_browser
    assert matrix.SMOKE not in ignored
    smoke = (project / matrix.SMOKE).read_text(encoding="utf-8")
    for name in ("Stop", "Retry"):
        assert f'button(page, "{name}")' in smoke, "else another file is the one to run"


def collected(*arguments: str) -> set[str]:
    """Return the names of the checks that would run."""
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments]
    run = subprocess.run(
        [*command, "tests/test_baked_project.py"],
        cwd=questions.ROOT,
        check=True,
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    return set(re.findall(r"test_it_passes\[(.*)\]", run.stdout))


def test_quick_leaves_out_the_own_tests_of_further_pairs_alone() -> None:
    left_out = {f"{questions.name(each)}-{matrix.PAIR_TESTS}" for each in matrix.FURTHER_PAIRS}

    assert left_out
    assert collected() - collected("--quick") == left_out


# Writes down which process runs it; the sixteen tests of a group are one process's.
MARKED = """
import os, pathlib, pytest

@pytest.mark.xdist_group("one")
@pytest.mark.parametrize("number", range(16))
def test_it(number):
    pathlib.Path(os.environ["PYTEST_XDIST_WORKER"]).touch()
"""


def test_one_process_runs_all_tests_of_a_group(tmp_path: Path) -> None:
    (tmp_path / "test_marked.py").write_text(MARKED, encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "--numprocesses=2", "--dist=loadgroup"]
    subprocess.run(command, cwd=tmp_path, check=True)

    assert len(list(tmp_path.glob("gw*"))) == 1
