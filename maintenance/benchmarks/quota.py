"""A share of a core for processes, by the kernel's control groups (v1 or v2). Needs root."""

import os
from pathlib import Path
from typing import Self

ROOT = Path("/sys/fs/cgroup")
# Short, so that a process is never kept waiting for longer than a frame lasts.
PERIOD_MICROSECONDS = 10_000


class Quota:
    """A group for as long as the `with` block lasts. It must be empty when that ends."""

    def __init__(self, name: str, share: float) -> None:
        """`share` is a part of one core, from 0 to 1. Raises OSError where there are no groups."""
        self._has_v1 = (ROOT / "cpu" / "cpu.cfs_quota_us").exists()
        self._folder = (ROOT / "cpu" if self._has_v1 else ROOT) / f"chat-{os.getpid()}-{name}"
        self._microseconds = str(int(share * PERIOD_MICROSECONDS))

    def __enter__(self) -> Self:
        self._folder.mkdir()
        if self._has_v1:
            self._write("cpu.cfs_period_us", str(PERIOD_MICROSECONDS))
        return self

    def __exit__(self, *error: object) -> None:
        self._folder.rmdir()

    def limit(self) -> None:
        """Let its processes have no more than their share from now on."""
        self._set(self._microseconds)

    def lift(self) -> None:
        """Let its processes have what they want."""
        self._set("-1" if self._has_v1 else "max")

    def take(self, pid: int) -> None:
        """Let a process share it, with all its threads."""
        self._write("cgroup.procs", str(pid))

    def _set(self, microseconds: str) -> None:
        if self._has_v1:
            self._write("cpu.cfs_quota_us", microseconds)
        else:
            self._write("cpu.max", f"{microseconds} {PERIOD_MICROSECONDS}")

    def _write(self, name: str, text: str) -> None:
        (self._folder / name).write_text(text, encoding="ascii")
