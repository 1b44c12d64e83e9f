"""Run this project's commands; `python manage.py help` lists them."""

import os
import sys
from pathlib import Path

from config import new_env


def main() -> None:
    """Hand the command line to Django.

    Raises SystemExit with the command that mends it if Django is not installed in this Python.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        from chat.provider import names
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}, in {sys.executable}. With uv, type: uv run python manage.py dev. With pip, "
            "install the requirements in the Python that you use: "
            "python -m pip install --no-deps -r requirements-dev.txt"
        ) from error
    if sys.argv[1:2] == ["dev"]:
        # Here, because Django reads the settings, and so .env, before it looks for the command.
        new_env.create(Path(__file__).parent, names.KEY_VARIABLE)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
