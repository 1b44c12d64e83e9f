"""Which server process streams a reply, and whether that process is still alive.

Each process holds a lock on a file of its own. The operating system releases it however the process
ends. The file of a process on another machine is not here: such a process counts as dead when it
has saved none of its replies for a while.
"""

import uuid
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from filelock import FileLock, Timeout

# A process saves each streaming reply about once a second (replies/running_reply.py).
LONGEST_SILENCE = timedelta(minutes=1)


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


def is_dead(process: str, saved_at: datetime) -> bool:
    """Whether a process has ended without ending its replies; it last saved one at `saved_at`."""
    lock = _lock(process)
    if not Path(lock.lock_file).is_file():
        return timezone.now() - saved_at > LONGEST_SILENCE
    return _is_free(lock)


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
