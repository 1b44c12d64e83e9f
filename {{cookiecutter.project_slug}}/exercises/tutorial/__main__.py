"""Run the lines of the tutorial that belong to a step, and print what happens."""

import asyncio
import importlib
import os
import sys
from pathlib import Path

import django

STEPS = sorted(file.stem.removeprefix("step_") for file in Path(__file__).parent.glob("step_*.py"))

if __name__ == "__main__":
    if len(sys.argv) != 2 or sys.argv[1] not in STEPS:
        sys.exit(f"Name a step, one of {', '.join(STEPS)}: python -m exercises.tutorial 2")
    # Those of the tests: neither `.env` nor the database is used.
    os.environ["DJANGO_SETTINGS_MODULE"] = "tests.settings"
    django.setup()
    step = importlib.import_module(f"exercises.tutorial.step_{sys.argv[1]}")
    sys.stdout.write(f"{asyncio.run(step.main())}\n")
