"""Run a benchmark in the environment of a baked project, which has all that it needs.

    python3 maintenance/benchmarks/run.py stop
    python3 maintenance/benchmarks/run.py stop --trials 20 cancellation=thread

The first argument names the benchmark, a file of this folder; the others are its own.
"""

import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent / "scripts"))

import projects  # noqa: E402  (imports from scripts/)

BENCHMARKS = {
    "across",
    "capacity",
    "classroom",
    "endings",
    "others",
    "processes",
    "scaling",
    "stop",
    "storm",
    "stream",
    "switch",
}


def main() -> int:
    """Return the exit code of the benchmark, or of the step before it that failed."""
    if sys.platform != "linux":
        print("The benchmarks read /proc and pin processes to cores: they need Linux.")
        return 2
    if len(sys.argv) < 2 or sys.argv[1] not in BENCHMARKS:
        print(f"Name a benchmark: {', '.join(sorted(BENCHMARKS))}. Its --help tells the rest.")
        return 2
    try:
        with projects.baked({}) as project:
            python = project.python
    except subprocess.CalledProcessError as error:
        return error.returncode
    command = [str(python), str(HERE / f"{sys.argv[1]}.py"), *sys.argv[2:]]
    paths = os.pathsep.join(sys.path[:1])
    return subprocess.run(command, env=os.environ | {"PYTHONPATH": paths}).returncode


if __name__ == "__main__":
    sys.exit(main())
