"""The command that installs the drivers of PostgreSQL and Redis in this Python."""

from importlib.util import find_spec


def install_command() -> str:
    """Return the command that installs what requirements-server.txt lists.

    An environment that uv has made contains no pip, and `uv run` would not know what pip installed.
    """
    if find_spec("pip"):
        return "python -m pip install --no-deps -r requirements-server.txt"
    return "uv sync --group server"
