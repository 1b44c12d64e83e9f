"""The deliberate faults in `maintenance/faults/`, and the tests that must fail for each."""

import tomllib
from dataclasses import dataclass
from pathlib import Path

import _scripts  # noqa: F401

TABLES = Path(__file__).with_name("faults")


class StaleError(Exception):
    """A fault cannot be made, because the file is no longer as the table has it."""


@dataclass(frozen=True)
class Fault:
    """One fault: `old` becomes `new` in `file`, or the file is renamed to `rename`.

    The `tests` are the own tests of a project baked as `combination` says, else the template's.
    Both are named as pytest names them, from the folder that pytest runs in.
    """

    subject: str
    fault: str
    file: str
    tests: tuple[str, ...]
    combination: str = ""
    old: str = ""
    new: str = ""
    rename: str = ""

    def make_in(self, root: Path) -> None:
        """Make the fault in the copy of the template at `root`. Raises `StaleError`."""
        file = root / self.file
        if not file.is_file():
            raise StaleError(f"{self.fault!r}: there is no file {self.file}")
        if self.rename:
            file.rename(root / self.rename)
            return
        # As bytes, so that no line end is changed but by a fault.
        text = file.read_bytes().decode("utf-8")
        if (count := text.count(self.old)) != 1:
            raise StaleError(f"{self.fault!r}: {count} times in {self.file}:\n{self.old}")
        file.write_bytes(text.replace(self.old, self.new).encode("utf-8"))


def load() -> list[Fault]:
    """Return all faults, by file and in the order of each file.

    A key that `Fault` does not have raises TypeError.
    """
    faults = []
    for table in sorted(TABLES.glob("*.toml")):
        content = tomllib.loads(table.read_text(encoding="utf-8"))
        for row in content["faults"]:
            faults.append(Fault(content["subject"], **{**row, "tests": tuple(row["tests"])}))
    return faults
