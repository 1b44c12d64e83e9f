"""Importing this ends the program with an error message on an unsupported Python."""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    print(
        f"This needs Python 3.11, 3.12 or 3.13; {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Run it with one of those, "
        "such as python3.13.",
        file=sys.stderr,
    )
    sys.exit(2)
