"""Pin everything again at the newest versions that the ranges allow, and run all tests.

    python3 maintenance/renew.py

Takes the arguments of scripts/test.py. Needs Node, for Bootstrap and Tailwind CSS.
"""

import subprocess
import sys

import _scripts  # noqa: F401
import virtualenvs
from answers import ROOT


def main() -> int:
    """Return the exit code of the tests, or of the step before them that failed."""
    try:
        python = str(virtualenvs.template_python())
        for script in ("pins.py", "stylings.py"):
            subprocess.run([python, str(ROOT / "maintenance" / script)], check=True)
    except subprocess.CalledProcessError as error:
        return error.returncode
    # By this Python, since the tests may need an environment with other pins now.
    tests = [sys.executable, str(ROOT / "scripts" / "test.py"), *sys.argv[1:]]
    return subprocess.run(tests).returncode


if __name__ == "__main__":
    sys.exit(main())
