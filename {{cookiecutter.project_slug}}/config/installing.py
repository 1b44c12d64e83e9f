"""The command that installs something in this Python, for error messages."""

from importlib.util import find_spec


def install_command(requirements: str) -> str:
    """Return the command that installs `requirements`, as pip or uv takes them.

    An environment that uv has made contains no pip, and `uv run` would not know what pip installed.
    """
    return f"{'python -m pip install' if find_spec('pip') else 'uv add'} {requirements}"
