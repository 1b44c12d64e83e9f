"""Which combinations come first, and what is told of those for which no time was left."""

import subprocess
import sys
from itertools import product

import answers as questions
import pytest

CORE = [combination for combination in questions.COMBINATIONS if questions.is_core(combination)]


@pytest.mark.parametrize("question", ["provider_sdk", "styling"])
def test_the_core_pairs_every_answer_with_every_strategy(question: str) -> None:
    pairs = [(combination[question], combination["cancellation"]) for combination in CORE]

    expected = product(questions.CHOICES[question], questions.CHOICES["cancellation"])
    assert sorted(pairs) == sorted(expected)


def test_own_tests_for_which_no_time_is_left_are_told() -> None:
    further = next(combination for combination in questions.COMBINATIONS if combination not in CORE)
    chosen = f"test_it_passes and own-tests and {questions.name(further)}"
    command = [sys.executable, "-m", "pytest", "-rs", "--minutes=0", "-k", chosen]
    run = subprocess.run(command, cwd=questions.ROOT, capture_output=True, encoding="utf-8")

    assert "SKIPPED [1]" in run.stdout
    assert "0 minutes were over: run them with scripts/test.py -k own-tests" in run.stdout
    assert "1 skipped" in run.stdout.splitlines()[-1]
