"""A virtual environment is made once, however many processes ask for it at the same time."""

import subprocess
import sys
from pathlib import Path

import answers as questions
import pytest
import virtualenvs

PREPARE = """
import sys
from pathlib import Path
import virtualenvs
print(virtualenvs.prepare(Path(sys.argv[1]), [Path(sys.argv[2])]))
"""


def test_several_processes_make_it_once(tmp_path: Path) -> None:
    folder, requirements = tmp_path / f"venv-of-{tmp_path.name}", tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n", encoding="utf-8")

    processes = [
        subprocess.Popen(
            [sys.executable, "-c", PREPARE, str(folder), str(requirements)],
            cwd=questions.ROOT / "scripts",
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            encoding="utf-8",
        )
        for _ in range(3)
    ]
    said = [process.communicate() for process in processes]

    assert [process.returncode for process in processes] == [0, 0, 0], said
    pythons = {out.strip() for out, _ in said}
    assert len(pythons) == 1 and Path(pythons.pop()).is_file()
    errors = "".join(err for _, err in said)
    assert errors.count(f"Installing into {folder}") == 1
    assert "pip tries" not in errors


def test_pip_installs_what_uv_cannot(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    folder, requirements = tmp_path / f"venv-of-{tmp_path.name}", tmp_path / "requirements.txt"
    requirements.write_text("# nothing\n", encoding="utf-8")
    monkeypatch.setenv("UV_PYTHON_PREFERENCE", "no such word")

    python = virtualenvs.prepare(folder, [requirements])

    assert "uv cannot install it: pip tries." in capfd.readouterr().err
    subprocess.run([python, "-c", ""], check=True)
