"""`python -m exercises.handout`: make the handout, and check it without a network."""

import argparse
import re
import sys
from importlib.util import find_spec
from pathlib import Path

from exercises.handout.systems import SYSTEMS

THIS_PYTHON = "{}.{}".format(*sys.version_info)


def main() -> int:
    """Return 0 if all went well, 1 if a wheel is missing or the handout does not work."""
    options = parse()
    if lacking := [name for name in ("packaging", "pip") if find_spec(name) is None]:
        raise SystemExit(
            f"This Python lacks {' and '.join(lacking)}. Use that of the project's environment; "
            "with uv: uv run --with pip python -m exercises.handout ..."
        )
    from exercises.handout import making, trying, wheels

    try:
        if options.action == "make":
            making.make(options.to, options.python, options.systems)
        else:
            trying.check(options.file)
    except (
        wheels.MissingWheelsError,
        wheels.PipError,
        making.OpenStepError,
        trying.NotWorkingError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted. A handout that was there is as it was.", file=sys.stderr)
        return 1
    return 0


def parse() -> argparse.Namespace:
    """Read the command line. Ends the program with a sentence if it is wrong."""
    parser = argparse.ArgumentParser(prog="python -m exercises.handout", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    make = actions.add_parser("make", help="write a zip file for the machines that come")
    make.add_argument(
        "--python", nargs="+", type=version, default=[THIS_PYTHON], help="default: this one"
    )
    names = list(SYSTEMS)
    make.add_argument(
        "--systems", nargs="+", default=names, choices=names, help="default: all of them"
    )
    make.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="default: this one")
    check = actions.add_parser("check", help="ask pip for each system, and start it here")
    check.add_argument("file", type=Path)
    return parser.parse_args()


def version(text: str) -> str:
    """A version of Python. Raises `ArgumentTypeError` for anything else."""
    if not re.fullmatch(r"3\.[0-9]{1,2}", text):
        raise argparse.ArgumentTypeError(f"{text} is no version of Python, such as 3.12")
    return text


if __name__ == "__main__":
    sys.exit(main())
