"""The benchmarks start: they import much of a project, which no other test does for them."""

import os
import re
import subprocess
import sys

import answers as questions
import pytest
import virtualenvs
from conftest import Bake

BENCHMARKS = questions.ROOT / "maintenance" / "benchmarks"


@pytest.mark.skipif(sys.platform != "linux", reason="they read /proc")
def test_each_starts_and_refuses_a_wrong_answer_with_a_sentence(bake: Bake) -> None:
    python = virtualenvs.project_python(bake(), questions.CHOICES["provider_sdk"][0])
    environ = os.environ | {"PYTHONPATH": str(questions.ROOT / "scripts")}
    unnamed = [sys.executable, str(BENCHMARKS / "run.py")]
    run = subprocess.run(unnamed, env=environ, capture_output=True, encoding="utf-8")
    named = re.match(r"Name a benchmark: (.*)\. Its", run.stdout)
    assert run.returncode == 2 and named

    for name in named[1].split(", "):
        command = [str(python), str(BENCHMARKS / f"{name}.py"), "provider_sdk=none"]
        run = subprocess.run(command, env=environ, capture_output=True, encoding="utf-8")

        assert run.returncode == 2, run.stderr
        assert "provider_sdk has no answer 'none'" in run.stderr.splitlines()[-1]
