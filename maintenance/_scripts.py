"""Importing this lets the commands of this folder import the modules of `scripts/`."""

import sys
from pathlib import Path

sys.path.append(str(Path(__file__).resolve().parent.parent / "scripts"))
