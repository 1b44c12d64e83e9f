"""The handout of a project: what is in it, which wheels it lacks, and that it works offline."""

import importlib
import subprocess
import sys
import zipfile
from pathlib import Path
from types import ModuleType

import answers as questions
import checks
import pytest
from conftest import Bake

PROJECT = questions.ROOT / "{{cookiecutter.project_slug}}"
HERE = {"linux": "linux", "win32": "windows"}.get(sys.platform, "macos-arm")
PYTHON = "{}.{}".format(*sys.version_info)
# Each requirement, with the wheels that a folder has of it.
WHEELS = {
    "everywhere": ["py3-none-any"],
    "linux-only": ["cp312-cp312-manylinux_2_34_x86_64"],
    "stable": ["cp311-abi3-win_amd64", "cp311-abi3-manylinux_2_28_x86_64"],
    "for-windows": ["py3-none-any"],
}
REQUIREMENTS = """\
# All of them.
-r requirements.txt
linux-only==1.0
stable==1.0  # another
"""
FOR_ALL = "everywhere==1.0\nfor-windows==1.0 ; sys_platform == 'win32'\n"


@pytest.fixture
def handout(monkeypatch: pytest.MonkeyPatch) -> dict[str, ModuleType]:
    """The modules of the folder exercises/handout/, which are the same in every project."""
    monkeypatch.syspath_prepend(str(PROJECT))
    names = ("making", "systems", "trying", "wheels")
    return {name: importlib.import_module(f"exercises.handout.{name}") for name in names}


@pytest.fixture
def requirements(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A file of requirements, whose wheels are in the folder that pip looks into."""
    folder = tmp_path / "index"
    folder.mkdir()
    for name, tags in WHEELS.items():
        for tag in tags:
            write_wheel(folder, name, tag)
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    (tmp_path / "requirements.txt").write_text(FOR_ALL, encoding="utf-8")
    file = tmp_path / "requirements-dev.txt"
    file.write_text(REQUIREMENTS, encoding="utf-8")
    return file


def write_wheel(folder: Path, name: str, tag: str) -> None:
    """Write an empty distribution as a wheel."""
    stem = f"{name.replace('-', '_')}-1.0"
    with zipfile.ZipFile(folder / f"{stem}-{tag}.whl", "w") as wheel:
        wheel.writestr(
            f"{stem}.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n"
        )
        wheel.writestr(f"{stem}.dist-info/WHEEL", f"Wheel-Version: 1.0\nTag: {tag}\n")
        wheel.writestr(f"{stem}.dist-info/RECORD", "")


def test_markers_count_for_the_system_that_comes(
    handout: dict[str, ModuleType], requirements: Path
) -> None:
    systems = handout["systems"].SYSTEMS
    pins = {name: handout["wheels"].pins(requirements, systems[name], "3.12") for name in systems}

    assert pins["windows"] == [
        "everywhere==1.0",
        "for-windows==1.0",
        "linux-only==1.0",
        "stable==1.0",
    ]
    assert pins["macos-intel"] == ["everywhere==1.0", "linux-only==1.0", "stable==1.0"]


def test_what_lacks_a_wheel_is_named_for_each_system(
    handout: dict[str, ModuleType], requirements: Path, tmp_path: Path
) -> None:
    wheels = handout["wheels"]
    fetched = tmp_path / "fetched"

    lacking = {
        name: wheels.fetch(requirements, name, "3.12", fetched)
        for name in ("linux", "macos-arm", "windows")
    }

    assert lacking == {
        "linux": [],
        "macos-arm": ["linux-only==1.0", "stable==1.0"],
        "windows": ["linux-only==1.0"],
    }
    assert {file.name.partition("-")[0] for file in fetched.iterdir()} == {
        "everywhere",
        "linux_only",
        "stable",
        "for_windows",
    }
    text = wheels.missing_text({"windows": lacking["windows"]}, "3.12")
    assert "linux-only==1.0: no wheel for Windows, x86-64, Python 3.12" in text
    assert "--systems linux macos-arm macos-intel)" in text


def test_a_folder_is_complete_for_a_system_or_it_is_told(
    handout: dict[str, ModuleType], requirements: Path, tmp_path: Path
) -> None:
    wheels = handout["wheels"]
    fetched = tmp_path / "fetched"
    wheels.fetch(requirements, "linux", "3.12", fetched)

    assert wheels.resolve(requirements, "linux", "3.12", fetched) == 3
    with pytest.raises(wheels.MissingWheelsError, match=r"for-windows==1\.0: no wheel for Windows"):
        wheels.resolve(requirements, "windows", "3.12", fetched)


def test_what_pip_says_else_is_told(
    handout: dict[str, ModuleType], requirements: Path, tmp_path: Path
) -> None:
    (tmp_path / "requirements.txt").write_text("everywhere==nothing.1\n", encoding="utf-8")
    with pytest.raises(Exception, match="nothing"):
        handout["wheels"].fetch(requirements, "linux", "3.12", tmp_path / "fetched")


def test_secrets_and_data_stay_at_home(handout: dict[str, ModuleType], tmp_path: Path) -> None:
    kept = ["manage.py", ".env.example", ".gitignore", "chat/apps.py", ".github/test.yml"]
    left = [".env", ".env.mine", "db.sqlite3", "db.sqlite3-wal", "locks/1", ".venv/pyvenv.cfg"]
    left += [
        ".git/config",
        "chat/__pycache__/apps.pyc",
        ".mypy_cache/x",
        "old-handout.zip",
        "exercises/saved/x",
    ]
    for name in kept + left:
        file = tmp_path / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()

    found = {file.relative_to(tmp_path).as_posix() for file in handout["making"].files(tmp_path)}

    assert found == set(kept)


def test_a_project_with_empty_functions_is_not_handed_out(
    handout: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = handout["making"]
    monkeypatch.setattr(making, "PROJECT", tmp_path)
    (tmp_path / "exercises" / "saved" / "originals").mkdir(parents=True)
    with pytest.raises(making.OpenStepError, match="exercise reset"):
        making.make(tmp_path, ["3.12"], ["linux"])


def test_an_interrupted_handout_leaves_the_last_one_as_it_was(
    handout: dict[str, ModuleType], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    making = handout["making"]
    target = tmp_path / "some-handout.zip"
    target.write_bytes(b"the last one")

    def interrupted(folder: Path) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(making, "files", interrupted)
    with pytest.raises(KeyboardInterrupt):
        making.write(target, tmp_path, {"pythons": ["3.12"], "systems": []})

    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == {
        "some-handout.zip": b"the last one"
    }


def test_another_python_is_told_which_to_take(
    handout: dict[str, ModuleType], tmp_path: Path
) -> None:
    target = tmp_path / "some-handout.zip"
    (tmp_path / "wheels").mkdir()
    handout["making"].write(target, tmp_path / "wheels", {"pythons": ["3.10"], "systems": []})
    folder = handout["trying"].unpack(target, tmp_path)

    run = subprocess.run([sys.executable, "start.py"], cwd=folder, capture_output=True, text=True)

    assert run.returncode == 2
    assert f"are for Python 3.10, and this is Python {PYTHON}. Type: py" in run.stderr


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["make", "--python", "4"], "4 is no version of Python, such as 3.12"),
        (["make", "--systems", "amiga"], "invalid choice: 'amiga'"),
        (["check", "missing.zip"], "missing.zip is no handout"),
    ],
)
def test_a_wrong_argument_is_told(arguments: list[str], sentence: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "exercises.handout", *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )

    assert run.returncode in (1, 2)
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr


def test_what_is_no_handout_is_told(handout: dict[str, ModuleType], tmp_path: Path) -> None:
    trying = handout["trying"]
    with pytest.raises(trying.NotWorkingError, match="is no handout"):
        trying.unpack(tmp_path / "missing.zip", tmp_path)


@pytest.mark.xdist_group("documents")
def test_it_works_without_a_network(bake: Bake, tmp_path: Path) -> None:
    """For this system alone: the wheels for the other ones are another 250 MB."""
    project = bake(exercises="yes")
    checkout = checks.install(project, "openai")

    made = checkout.output(
        "-m", "exercises.handout", "make", "--systems", HERE, "--to", str(tmp_path)
    )
    (file,) = tmp_path.glob("*-handout.zip")
    said = checkout.output("-m", "exercises.handout", "check", str(file))

    assert made.startswith("This needs a network, and some minutes: up to ")
    assert f"{file} has" in made
    assert "Here, without a network: the first text" in said
    assert "Here, without a network: its tests of the built-in model pass" in said
