"""Which combinations come first, and what is told of those for which no time was left."""

import os
import subprocess
import sys
from pathlib import Path

import answers as questions
import pytest
from conftest import CORE, IN_ORDER


def groups(combinations: list[dict[str, str]], size: int) -> set[tuple[tuple[str, str], ...]]:
    return set().union(*(questions.groups(combination, size) for combination in combinations))


def test_every_combination_has_its_turn() -> None:
    assert groups(IN_ORDER, 3) == groups(questions.COMBINATIONS, 3)
    assert len(IN_ORDER) == len(questions.COMBINATIONS)


@pytest.mark.parametrize(("size", "number"), [(1, len(CORE)), (2, 9)])
def test_the_first_have_all_answers_and_soon_all_pairs(size: int, number: int) -> None:
    assert groups(IN_ORDER[:number], size) == groups(questions.COMBINATIONS, size)
    assert len(CORE) == 3


# A plugin with which the own tests of each project take 25 minutes, and nothing is installed.
SLOW = """
import time

class Checkout:
    def run(self, check):
        Checkout.minutes += 25

Checkout.minutes = 0
time.monotonic = lambda: Checkout.minutes * 60

def pytest_configure():
    import checks

    checks.install = lambda *args, **kwargs: Checkout()
"""


def test_own_tests_for_which_no_time_is_left_are_told(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    first, second = IN_ORDER[len(CORE) : len(CORE) + 2]
    names = " or ".join(map(questions.name, (CORE[0], first, second)))
    chosen = f"test_it_passes and own-tests and ({names})"
    command = [sys.executable, "-m", "pytest", "-rs", "-p", "slow", "--minutes=55", "-k", chosen]
    run = subprocess.run(
        command,
        cwd=questions.ROOT,
        env={**os.environ, "PYTHONPATH": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
    )

    assert "SKIPPED [1]" in run.stdout
    assert "longer than 55 minutes: scripts/test.py -k own-tests" in run.stdout
    assert "2 passed, 1 skipped" in run.stdout.splitlines()[-1]


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
