"""A virtual environment is made once, however many processes ask for it at the same time."""

import subprocess
import sys
from pathlib import Path

import answers as questions

PREPARE = """
import sys
from pathlib import Path
import virtualenvs
print(virtualenvs.prepare(Path(sys.argv[1]), [Path(sys.argv[2])]))
"""


def test_two_processes_make_it_once(tmp_path: Path) -> None:
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
    assert "".join(err for _, err in said).count("Installing into") == 1
