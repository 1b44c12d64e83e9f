"""Run this project's commands; `python manage.py help` lists them."""

import os
import sys
from pathlib import Path


def main() -> None:
    """Hand the command line to Django.

    Raises SystemExit with the command that mends it if Django is not installed in this Python.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line

        from chat.provider import names
        from config import env
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}, in {sys.executable}. Install the requirements in the Python that you use: "
            "python -m pip install -r requirements-dev.txt"
        ) from error
    if sys.argv[1:2] == ["dev"]:
        # Here, because Django reads the settings, and so .env, before it looks for the command.
        env.create(Path(__file__).parent, names.KEY_VARIABLE)
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
