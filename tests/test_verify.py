"""The command for a CI that verifies bakes: its exit codes, its lines, and its list."""

import json
import subprocess
import sys
from pathlib import Path

import answers as questions
import checks
import pytest
import verify

VERIFY = questions.ROOT / "scripts" / "verify.py"


def run(*arguments: object) -> "subprocess.CompletedProcess[str]":
    """Run the command as a person does."""
    command = [sys.executable, str(VERIFY), *map(str, arguments)]
    return subprocess.run(command, capture_output=True, encoding="utf-8")


def lines(printed: str) -> list[tuple[str, str]]:
    """Return the first two words of each line: how it went, and what."""
    return [(line.split()[0], line.split()[1]) for line in printed.splitlines()]


@pytest.mark.parametrize("output", [None, b"as POSIX gives it", "as Windows gives it"])
def test_a_check_that_takes_too_long_is_told(
    output: bytes | str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def never_done(command: list[str], timeout: float, **options: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout, output)

    monkeypatch.setattr(subprocess, "run", never_done)
    monkeypatch.setattr(checks, "MINUTES", 3)
    said = "(as POSIX gives it|as Windows gives it)" if output else ""
    with pytest.raises(checks.CheckFailed, match=f"mypy\n{said}\nnot done after 3 minutes"):
        checks.Checkout(tmp_path, Path(sys.executable)).output("-m", "mypy")


def test_the_list_is_a_matrix_of_all_combinations() -> None:
    listed = run("--list")

    assert listed.returncode == 0
    rows = json.loads(listed.stdout)
    assert len(listed.stdout.splitlines()) == 1, "an output of GitHub Actions is one line"
    assert [questions.named(row.pop("combination")) for row in rows] == rows
    assert rows == questions.COMBINATIONS


def test_a_project_that_passes_all_checks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its own tests and mypy take long, and run for every combination elsewhere."""
    quick = {name: checks.CHECKS[name] for name in ("ruff-check", "system-checks", "migrations")}
    monkeypatch.setattr(checks, "CHECKS", quick)
    folder = tmp_path / "new" / "folder"
    monkeypatch.setattr(sys, "argv", ["verify.py", "openai-thread-bootstrap", str(folder)])

    assert verify.main() == 0

    assert lines(capfd.readouterr().out) == [("pass", step) for step in ("bake", "install", *quick)]
    assert (folder / "my-chat" / "chat" / "static" / "chat" / "bootstrap.min.css").is_file()


def test_a_check_that_fails_is_told_and_the_others_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    broken = {"broken": ("-c", "print('why'); raise SystemExit(3)")}
    monkeypatch.setattr(checks, "CHECKS", {**broken, "ruff-check": checks.CHECKS["ruff-check"]})

    assert verify.verify(questions.COMBINATIONS[0], tmp_path) == 1

    said = capfd.readouterr()
    assert lines(said.out)[2:] == [("FAIL", "broken"), ("pass", "ruff-check")]
    assert "why\n" in said.err


def test_a_project_that_cannot_be_baked_is_a_failure(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    combination = {**questions.COMBINATIONS[0], "project_slug": "django"}

    assert verify.verify(combination, tmp_path) == 1

    said = capfd.readouterr()
    assert lines(said.out) == [("FAIL", "bake")]
    assert "type project_slug=django-chat instead." in said.err


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "name a combination and a folder, or --list alone"),
        (["openai-async-plain"], "name a combination and a folder, or --list alone"),
        (["--list", "openai-async-plain"], "name a combination and a folder, or --list alone"),
        (["openai-fiber-plain", "x"], "no combination is named 'openai-fiber-plain'; they are: "),
        (["openai-async-plain", VERIFY], "verify.py cannot be made a folder: "),
        (["openai-async-plain", VERIFY.parent], "scripts is not empty: name an empty folder"),
        (["openai-async-plain", "x", "y"], "unrecognized arguments: y"),
    ],
)
def test_wrong_usage_is_refused(arguments: list[object], sentence: str) -> None:
    refused = run(*arguments)

    assert refused.returncode == 2
    assert sentence in refused.stderr
    assert refused.stdout == ""


def test_a_skipped_test_is_a_failure(tmp_path: Path) -> None:
    skipping = "import pytest\n\ndef test_x(): pytest.skip('no browser')\n\ndef test_y(): pass\n"
    (tmp_path / "test_x.py").write_text(skipping, encoding="utf-8")
    checkout = checks.Checkout(tmp_path, Path(sys.executable))

    with pytest.raises(checks.CheckFailed, match=r"1 of its tests .* skipped\n(?s:.*)no browser"):
        checkout.run(checks.OWN_TESTS)


def test_a_test_that_fails_twice_is_a_failure(tmp_path: Path) -> None:
    (tmp_path / "test_x.py").write_text("def test_x(): assert False, 'broken'\n", encoding="utf-8")

    with pytest.raises(checks.CheckFailed, match="AssertionError: broken"):
        checks.Checkout(tmp_path, Path(sys.executable)).run(checks.OWN_TESTS)


def test_a_test_that_passes_only_the_second_time_is_told_with_its_output(tmp_path: Path) -> None:
    lines = [
        "from pathlib import Path",
        "def test_x():",
        "    assert Path('second').exists() or Path('second').touch(), 'a race'",
        "def test_y():",
        "    Path('runs').open('a').write('y')",
    ]
    (tmp_path / "test_x.py").write_text("\n".join(lines), encoding="utf-8")

    with pytest.warns(UserWarning, match=r"only when they ran again\n(?s:.*)a race"):
        checks.Checkout(tmp_path, Path(sys.executable)).run(checks.OWN_TESTS)

    # What has passed does not run again.
    assert (tmp_path / "runs").read_text(encoding="utf-8") == "y"


def test_no_test_at_all_is_a_failure(tmp_path: Path) -> None:
    with pytest.raises(checks.CheckFailed, match="no tests ran"):
        checks.Checkout(tmp_path, Path(sys.executable)).run(checks.OWN_TESTS)


def test_a_check_sees_no_setting_of_this_machine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sdks = [sdk[name] for sdk in questions.CONTEXT["_sdk"].values() for name in ("key", "base_url")]
    for name in ("CHAT_MODEL", "DATABASE_URL", "PYTEST_ADDOPTS", *sdks):
        monkeypatch.setenv(name, "mine")
    seen = checks.Checkout(tmp_path, Path(sys.executable)).environ()

    assert "mine" not in seen.values()
    assert "PATH" in seen


def test_a_check_may_take_a_number_of_processes(tmp_path: Path) -> None:
    variable = "PYTEST_XDIST_AUTO_NUM_WORKERS"
    alone = checks.Checkout(tmp_path, Path(sys.executable))
    beside_others = checks.Checkout(tmp_path, Path(sys.executable), processes=0)

    assert variable not in alone.environ(), "the project's own default holds"
    assert beside_others.environ()[variable] == "0"
