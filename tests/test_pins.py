"""pip and uv install the same, tested versions, and nothing says where from."""

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import answers as questions
import pytest
from conftest import Bake

PIN = re.compile(r"[a-z0-9-]+==[0-9][\w.]*( ; [a-z_]+ [=!<>]+ '[\w.]+')?")
SDKS = questions.CHOICES["provider_sdk"]


def pins(*files: Path) -> list[str]:
    """Return the lines of requirements files that pin something."""
    lines = [line for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    return [line for line in lines if line and not line.startswith(("#", "-r "))]


def requirements(project: Path) -> list[Path]:
    """Return the requirements files of a project."""
    return [project / f"requirements{kind}.txt" for kind in ("", "-server", "-dev")]


def versions(lines: list[str]) -> dict[str, str]:
    """Return the version of each pinned distribution."""
    return dict(line.partition(" ; ")[0].split("==") for line in lines)


@pytest.mark.parametrize("sdk", SDKS)
def test_requirements_are_exact_and_hold_no_address(bake: Bake, sdk: str) -> None:
    lines = pins(*requirements(bake(provider_sdk=sdk)))

    assert len(lines) > 20
    for line in [*lines, *pins(questions.ROOT / "requirements.txt")]:
        assert PIN.fullmatch(line), line


def test_what_bakes_is_what_the_tests_bake_with() -> None:
    baking = pins(questions.ROOT / "requirements-baking.txt")

    assert {"cookiecutter", "uv"} <= versions(baking).keys()
    assert set(baking) <= set(pins(questions.ROOT / "requirements.txt"))


@pytest.mark.parametrize("sdk", SDKS)
def test_another_sdk_is_not_installed(bake: Bake, sdk: str) -> None:
    pyproject = (bake(provider_sdk=sdk) / "pyproject.toml").read_text(encoding="utf-8")

    named = {name for name in questions.CONTEXT["_sdk"] if f'"{name}==' in pyproject}
    assert named == {sdk}


@pytest.mark.parametrize("sdk", SDKS)
def test_uv_resolves_to_the_versions_that_pip_installs(bake: Bake, sdk: str) -> None:
    project = bake(provider_sdk=sdk)
    pinned = versions(pins(*requirements(project)))

    subprocess.run([sys.executable, "-m", "uv", "lock", "--quiet"], cwd=project, check=True)

    lock = tomllib.loads((project / "uv.lock").read_text(encoding="utf-8"))
    locked = {package["name"]: package["version"] for package in lock["package"]}
    assert locked.pop(project.name) == "0.1.0"
    assert {name: locked.get(name) for name in pinned} == pinned
    assert locked.keys() == pinned.keys()
