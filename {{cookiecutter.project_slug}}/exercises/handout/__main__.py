"""`python -m exercises.handout`: make the handout, and check it without a network."""

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path

from exercises.handout import making, trying
from exercises.handout.systems import SYSTEMS
from exercises.handout.wheels import MissingWheelsError, PipError

THIS_PYTHON = "{}.{}".format(*sys.version_info)


def main() -> int:
    """Return 0 if all went well, 1 if a wheel is missing or the handout does not work."""
    parser = argparse.ArgumentParser(prog="python -m exercises.handout", description=__doc__)
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    make = actions.add_parser("make", help="write a zip file for the machines that come")
    make.add_argument(
        "--python", nargs="+", default=[THIS_PYTHON], metavar="3.x", help="default: this one"
    )
    names = list(SYSTEMS)
    make.add_argument(
        "--systems", nargs="+", default=names, choices=names, help="default: all of them"
    )
    make.add_argument("--to", type=Path, default=Path(), metavar="FOLDER", help="default: this one")
    check = actions.add_parser("check", help="ask pip for each system, and start it here")
    check.add_argument("file", type=Path)
    options = parser.parse_args()
    if find_spec("pip") is None:
        parser.error("there is no pip; with uv: uv run --with pip python -m exercises.handout ...")
    try:
        if options.action == "make":
            making.make(options.to, options.python, options.systems)
        else:
            trying.check(options.file)
    except (
        MissingWheelsError,
        PipError,
        making.OpenStepError,
        trying.NotWorkingError,
    ) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
