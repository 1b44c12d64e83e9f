"""Which server process streams a reply, and whether that process is still alive.

Each process holds a lock on a file of its own. The operating system releases it however the process
ends. The file of a process on another machine, or in a container that was removed, is not here:
such a process counts as dead when no save of its replies is seen for LONGEST_SILENCE.
"""

import uuid
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from time import monotonic

from django.conf import settings
from filelock import FileLock, Timeout

# Seconds. A process saves each streaming reply about once a second (replies/running_reply.py).
LONGEST_SILENCE = 3.4
# The same for a process of which another sign of life is missing, too.
SHORT_SILENCE = 1.9
# Seconds. A longer gap between two looks is no silence: this process could not look.
LONGEST_PAUSE = 2
# Seconds that are added after such a pause. Once the database has come back, it may take a process
# four seconds to save again.
RECOVERY = 4.6


@dataclass
class _LastSave:
    """The last save that was seen of a process, and for how long no other was seen."""

    saved_at: datetime
    looked_at: float
    silence: float = 0
    has_pause: bool = False


_last_saves: dict[str, _LastSave] = {}


@cache
def _own() -> tuple[str, FileLock]:
    settings.CHAT_LOCKS.mkdir(exist_ok=True)
    name = uuid.uuid4().hex
    lock = _lock(name)
    lock.acquire()
    return name, lock


def this_process() -> str:
    """The name of this process. The first call creates and locks its file.

    Raises `OSError` if the folder of locks cannot be written.
    """
    return _own()[0]


def dead(saves: Mapping[str, datetime], silent: Collection[str] = ()) -> list[str]:
    """The processes that have ended without ending their replies.

    `saves` has the last save of each process, as the database holds it now. For those that are
    `silent` in another way, too, a shorter silence of the rows is enough.
    """
    for process in _last_saves.keys() - saves.keys():
        del _last_saves[process]
    return [
        process
        for process, saved_at in saves.items()
        if _is_dead(process, saved_at, SHORT_SILENCE if process in silent else LONGEST_SILENCE)
    ]


def _is_dead(process: str, saved_at: datetime, longest: float) -> bool:
    lock = _lock(process)
    if not Path(lock.lock_file).is_file():
        return _is_silent(process, saved_at, longest)
    return _is_free(lock)


def _is_silent(process: str, saved_at: datetime, longest: float) -> bool:
    """Whether a process has not saved for too long, by this process's clock alone.

    Clocks of machines differ. And after a minute without a database, the last save of a process
    that lives is a minute old.
    """
    now = monotonic()
    seen = _last_saves.get(process)
    if seen is None or seen.saved_at != saved_at:
        _last_saves[process] = _LastSave(saved_at, now)
        return False
    pause = now - seen.looked_at
    seen.has_pause = seen.has_pause or pause > LONGEST_PAUSE
    seen.silence += min(pause, LONGEST_PAUSE)
    seen.looked_at = now
    return seen.silence > longest + (RECOVERY if seen.has_pause else 0)


def remove_locks_of_the_dead() -> None:
    """Remove the files that no process holds."""
    for path in settings.CHAT_LOCKS.glob("*.lock"):
        if _is_free(_lock(path.stem)):
            path.unlink(missing_ok=True)


def _is_free(lock: FileLock) -> bool:
    try:
        with lock.acquire(blocking=False):
            return True
    except Timeout:
        return False


def _lock(name: str) -> FileLock:
    return FileLock(settings.CHAT_LOCKS / f"{name}.lock", thread_local=False)
