"""The new project's .env, and what is printed when it is ready."""

import os
import re
import shlex
import stat
import subprocess
import sys
from pathlib import Path

import answers as questions
import hook
import pytest
from conftest import Bake

SDKS = questions.CHOICES["provider_sdk"]


def env(project: Path) -> str:
    """Return the text of the project's .env."""
    return (project / ".env").read_text(encoding="utf-8")


def secret(project: Path) -> str:
    """Return the value of DJANGO_SECRET_KEY in the project's .env."""
    line = re.search(r"^DJANGO_SECRET_KEY=(.*)$", env(project), re.MULTILINE)
    assert line
    return line[1]


@pytest.mark.parametrize("sdk", SDKS)
def test_env_is_the_example_with_a_secret(bake: Bake, sdk: str) -> None:
    project = bake(provider_sdk=sdk)

    example = (project / ".env.example").read_text(encoding="utf-8")
    assert "\nDJANGO_SECRET_KEY=\n" in example
    assert len(secret(project)) >= 50
    assert env(project).replace(secret(project), "") == example


def test_each_project_has_its_own_secret(bake: Bake) -> None:
    assert secret(bake()) != secret(bake())


@pytest.mark.parametrize("sdk", SDKS)
def test_the_key_line_waits_to_be_filled_in(bake: Bake, sdk: str) -> None:
    assert f"\n{questions.CONTEXT['_sdk'][sdk]['key']}=\n" in env(bake(provider_sdk=sdk))


@pytest.mark.parametrize("sdk", SDKS)
def test_a_key_in_the_environment_is_never_written(
    bake: Bake, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str], sdk: str
) -> None:
    variable = questions.CONTEXT["_sdk"][sdk]["key"]
    monkeypatch.setenv(variable, "sk-of-the-user")

    project = bake(provider_sdk=sdk)

    assert f"\n# {variable} was found in the environment: left there.\n" in env(project)
    assert f"\n{variable}=" not in env(project)
    for file in project.rglob("*"):
        assert file.is_dir() or b"sk-of-the-user" not in file.read_bytes(), file
    assert "sk-of-the-user" not in "".join(capfd.readouterr())


def test_a_blank_key_in_the_environment_is_no_key(
    bake: Bake, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", " ")

    assert "\nOPENAI_API_KEY=\n" in env(bake())


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such permissions")
def test_only_the_owner_can_read_env(bake: Bake) -> None:
    assert stat.S_IMODE((bake() / ".env").stat().st_mode) == 0o600


def test_env_has_unix_line_ends(bake: Bake) -> None:
    assert b"\r" not in (bake() / ".env").read_bytes()


def test_an_env_that_exists_is_kept(
    bake: Bake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    project = bake()
    post_gen = hook.load("post_gen_project", tmp_path)
    monkeypatch.chdir(project)
    (project / ".env").write_text("MINE=1\n", encoding="utf-8")

    post_gen.main()

    assert env(project) == "MINE=1\n"
    assert "my-chat is ready." in capsys.readouterr().out


@pytest.mark.skipif(sys.platform == "win32", reason="The shell is one of POSIX")
@pytest.mark.parametrize("closed", ["| true", ">&-"])
def test_nobody_needs_to_read_what_is_printed(tmp_path: Path, closed: str) -> None:
    template = shlex.quote(str(questions.ROOT))
    command = (
        f"{shlex.quote(sys.executable)} -m cookiecutter --no-input --default-config {template}"
    )

    subprocess.run(f"{command} {closed}", shell=True, cwd=tmp_path, check=True)

    assert (tmp_path / "my-chat" / "manage.py").is_file()


@pytest.mark.parametrize("windows", [False, True], ids=["posix", "windows"])
def test_the_next_commands_are_those_of_the_system(tmp_path: Path, windows: bool) -> None:
    post_gen = hook.load("post_gen_project", tmp_path)

    text = post_gen.next_commands("my-chat", windows=windows)

    assert text.isascii()
    assert "    uv run python manage.py dev\n" in text
    python = r".venv\Scripts\python" if windows else ".venv/bin/python"
    assert f"    {python} -m pip install --no-deps -r requirements-dev.txt\n" in text
    assert f"    {python} manage.py dev\n" in text


def test_what_is_printed_is_ascii(bake: Bake, capfd: pytest.CaptureFixture[str]) -> None:
    bake(project_name="聊天 🎉")

    out = capfd.readouterr().out
    assert out.isascii()
    assert "liao-tian is ready." in out


@pytest.mark.parametrize("name", ["pre_gen_project", "post_gen_project"])
def test_answers_reach_a_hook_as_data(tmp_path: Path, name: str) -> None:
    answers = {"project_name": "\"\"\" ''' \\", "author_name": "</script> {x} 🎉 \\"}
    literals = {key: "{{ " + repr(answers[key]) + " }}" for key in answers}

    module = hook.load(name, tmp_path, **literals)

    assert {key: module.ANSWERS[key] for key in answers} == answers
    left = {*os.listdir(tmp_path)} - {"__pycache__"}
    assert left == {f"{name}.py"}, "nothing that an answer says was run"
