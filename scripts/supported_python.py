"""Importing this ends the program with an error message on an unsupported Python."""

import sys

VERSIONS = ("3.11", "3.12", "3.13", "3.14")

if "{}.{}".format(*sys.version_info) not in VERSIONS:
    print(
        f"This needs Python {', '.join(VERSIONS[:-1])} or {VERSIONS[-1]}; {sys.executable} is "
        f"{sys.version_info[0]}.{sys.version_info[1]}. Run it with one of those, "
        f"such as python{VERSIONS[-1]}.",
        file=sys.stderr,
    )
    sys.exit(2)
