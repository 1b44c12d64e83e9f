"""Run this project's commands; `python manage.py help` lists them."""

import os
import sys


def main() -> None:
    """Hand the command line to Django.

    Raises SystemExit with the command that mends it if Django is not installed in this Python.
    """
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
    try:
        from django.core.management import execute_from_command_line
    except ModuleNotFoundError as error:
        raise SystemExit(
            f"{error}, in {sys.executable}. Install the requirements in the Python that you use: "
            "python -m pip install -r requirements-dev.txt"
        ) from error
    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
