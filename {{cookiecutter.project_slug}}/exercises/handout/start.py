"""Install the project beside this file from the wheels beside it, and serve its chat.

    python3 start.py
    python3 start.py 8001

It needs no network. The second run installs nothing. Arguments go to `manage.py dev`.
"""

import json
import os
import signal
import subprocess
import sys
import venv
from pathlib import Path

HERE = Path(__file__).resolve().parent
ABOUT = json.loads((HERE / "handout.json").read_text(encoding="utf-8"))
PROJECT = HERE / ABOUT["project"]
VENV = PROJECT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
INSTALLED = VENV / ".installed"


def main() -> int:
    """Return the exit code of the server, or of the step before it that failed."""
    this_python = "{}.{}".format(*sys.version_info)
    if this_python not in ABOUT["pythons"]:
        versions = " or ".join(ABOUT["pythons"])
        python = ("py -" if os.name == "nt" else "python") + ABOUT["pythons"][0]
        print(
            f"The wheels of this folder are for Python {versions}, and this is Python "
            f"{this_python}. Type: {python} start.py",
            file=sys.stderr,
        )
        return 2
    if not INSTALLED.exists():
        code = install()
        if code:
            return code
    server = subprocess.Popen([str(PYTHON), "manage.py", "dev", *sys.argv[1:]], cwd=PROJECT)
    # The server saves its replies before it ends. Ctrl-C reaches it without this program.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    return server.wait()


def install() -> int:
    """Make the virtual environment, and install the wheels into it. Return pip's exit code."""
    print("Installing, which takes half a minute or more and happens once ...", flush=True)
    try:
        venv.create(VENV, clear=True, with_pip=True)
    except subprocess.CalledProcessError:
        print(
            "Python could not make a virtual environment. On Debian and Ubuntu it needs the "
            "package python3-venv.",
            file=sys.stderr,
        )
        return 1
    # What a person has set up for pip must not send it to an index.
    environ = {name: value for name, value in os.environ.items() if not name.startswith("PIP_")}
    environ["PIP_CONFIG_FILE"] = os.devnull
    pip = [str(PYTHON), "-m", "pip", "--quiet", "--disable-pip-version-check", "install"]
    pip += ["--no-index", "--find-links", str(HERE / "wheels"), "--no-deps", "--no-compile"]
    code = subprocess.call([*pip, "-r", "requirements-dev.txt"], cwd=PROJECT, env=environ)
    if code == 0:
        INSTALLED.touch()
    return code


if __name__ == "__main__":
    sys.exit(main())
