"""The template's workflows parse, run what is there, and trust no action but GitHub's own."""

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import answers as questions
import checks
import pytest
import renew
import virtualenvs
import yaml
from conftest import Bake

WORKFLOWS = sorted((questions.ROOT / ".github" / "workflows").glob("*.yml"))

RUNS_ALL_TESTS = re.compile(r"python (scripts/test|maintenance/renew)\.py")


def steps(workflow: Path) -> list[dict[str, Any]]:
    """Return the steps of all jobs of a workflow."""
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    return [step for job in jobs.values() for step in job["steps"]]


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=[file.stem for file in WORKFLOWS])
def test_a_workflow_runs_what_is_there(workflow: Path) -> None:
    commands = " ".join(step.get("run", "") for step in steps(workflow))
    scripts = re.findall(r"python ((?:scripts|maintenance)/\S+\.py)", commands)

    assert scripts
    assert all((questions.ROOT / script).is_file() for script in scripts)
    assert all(step["uses"].startswith("actions/") for step in steps(workflow) if "uses" in step)


def test_a_job_that_runs_all_tests_installs_what_they_need() -> None:
    jobs = [
        "\n".join(step.get("run", "") for step in job["steps"])
        for workflow in WORKFLOWS
        for job in yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"].values()
    ]
    run_all = [commands for commands in jobs if RUNS_ALL_TESTS.search(commands)]

    assert len(run_all) == 2
    for commands in run_all:
        # tests/test_redis.py fails without it.
        assert re.search(r"apt-get install .*\bredis-server\b", commands), commands


def test_the_workflow_of_a_project_passes_without_what_git_ignores(bake: Bake) -> None:
    project = bake()
    (project / ".env").unlink()
    workflow = (project / ".github" / "workflows" / "test.yml").read_text(encoding="utf-8")
    job = yaml.safe_load(workflow)["jobs"]["test"]
    commands = [step["run"] for step in job["steps"] if "run" in step]
    checkout = checks.install(project, questions.CHOICES["provider_sdk"][0])
    checked = {" ".join(check).removeprefix("-m ") for check in checks.CHECKS.values()}
    said = [command.removeprefix("python ").removeprefix("-m ") for command in commands]

    assert all(any(check.startswith(command) for command in said) for check in checked)
    for command in commands:
        arguments = shlex.split(command)[1:]
        if "pytest" in arguments:
            # The rest of its tests asks for no setting that this environment might lack.
            arguments += ["tests/test_checks.py", "tests/config/test_env.py"]
            arguments += ["tests/page/test_views.py"]
        elif "manage.py" not in arguments:
            continue
        run = subprocess.run(
            [checkout.python, *arguments],
            cwd=project,
            env=checkout.environ() | job["env"],
            capture_output=True,
            encoding="utf-8",
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_the_pins_are_renewed_each_week() -> None:
    workflow = questions.ROOT / ".github" / "workflows" / "renew.yml"
    # YAML takes the word `on` for true.
    (schedule,) = yaml.safe_load(workflow.read_text(encoding="utf-8"))[True]["schedule"]

    minute, hour, day, month, weekday = schedule["cron"].split()
    assert minute.isdigit() and hour.isdigit() and weekday.isdigit()
    assert (day, month) == ("*", "*")
    assert "python maintenance/renew.py" in [step.get("run") for step in steps(workflow)]


def test_each_week_a_project_meets_the_newest_djust_and_fails_nothing_else() -> None:
    workflow = questions.ROOT / ".github" / "workflows" / "renew.yml"
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    job = jobs["next-djust"]
    commands = "\n".join(step.get("run", "") for step in job["steps"])

    assert job["continue-on-error"] is True
    assert all("next-djust" not in other.get("needs", []) for other in jobs.values())
    assert "pip install --upgrade --pre djust\n" in commands
    assert commands.index("--pre djust") < commands.index("python -m pytest")
    assert job["steps"][-1]["if"] == "always()" and "GITHUB_STEP_SUMMARY" in commands


def test_the_report_on_djust_names_what_broke(tmp_path: Path) -> None:
    bash = shutil.which("bash")
    if bash is None or os.name == "nt":
        pytest.skip("The job runs on Linux.")
    workflow = questions.ROOT / ".github" / "workflows" / "renew.yml"
    jobs = yaml.safe_load(workflow.read_text(encoding="utf-8"))["jobs"]
    report = jobs["next-djust"]["steps"][-1]["run"]
    python = tmp_path / ".venv" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text("#!/bin/sh\necho 1.3.0rc13\n", encoding="utf-8")
    python.chmod(0o755)
    summary = tmp_path / "summary.md"
    failed = "FAILED tests/test_checks.py::test_it - assert 1 == 0"

    for log, expected in (
        (f"...F\n{failed}\n==== 1 failed, 3 passed in 2s ====\n", failed),
        ("....\n==== 4 passed in 2s ====\n", "Nothing broke."),
    ):
        (tmp_path / "tests.log").write_text(log, encoding="utf-8")
        summary.unlink(missing_ok=True)
        subprocess.run(
            [bash, "-e", "-c", report],
            cwd=tmp_path,
            env=os.environ | {"GITHUB_STEP_SUMMARY": str(summary)},
            check=True,
        )
        written = summary.read_text(encoding="utf-8")
        assert "djust 1.3.0rc13:" in written and "passed in 2s" in written
        assert expected in written.splitlines()


@pytest.mark.parametrize(
    ("codes", "code"),
    [
        ({"pins.py": 0, "stylings.py": 0, "test.py": 0}, 0),
        ({"pins.py": 0, "stylings.py": 0, "test.py": 1}, 1),
        ({"pins.py": 0, "stylings.py": 3}, 3),
        ({"pins.py": 2}, 2),
    ],
)
def test_all_tests_run_once_everything_is_raised(
    monkeypatch: pytest.MonkeyPatch, codes: dict[str, int], code: int
) -> None:
    ran = []

    def run(command: list[str], check: bool = False) -> "subprocess.CompletedProcess[str]":
        ran.append(Path(command[1]).name)
        done = subprocess.CompletedProcess[str](command, codes[ran[-1]])
        if check:
            done.check_returncode()
        return done

    monkeypatch.setattr(virtualenvs, "template_python", lambda: Path(sys.executable))
    monkeypatch.setattr(subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["renew.py"])

    assert renew.main() == code
    assert ran == list(codes)
