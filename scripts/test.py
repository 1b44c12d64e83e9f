"""Run all tests: the template's, and the checks of baked projects (see tests/matrix.py).

    python3 scripts/test.py
    python3 scripts/test.py --quick
    python3 scripts/test.py -k openai-thread-plain

Arguments go to pytest. Three processes share the tests; `-n` of pytest-xdist sets another number.
"""

import subprocess
import sys

import virtualenvs
from answers import ROOT


def main() -> int:
    """Return pytest's exit code, or that of the installation that failed."""
    try:
        python = virtualenvs.template_python()
    except subprocess.CalledProcessError as error:
        return error.returncode
    parallel = ["--numprocesses=3", "--dist=loadgroup"]
    tests = [str(python), "-m", "pytest", *parallel, *sys.argv[1:]]
    return subprocess.run(tests, cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
