"""Which server process writes a reply, and whether that process still lives.

A process holds a lock on a file of its own for as long as it lives: the system lets go of it
however the process ends. Of a process on another machine, which has its file there, only the
heartbeat is known.
"""

import uuid
from datetime import timedelta
from functools import cache
from pathlib import Path

from django.conf import settings
from django.utils import timezone
from filelock import FileLock, Timeout

from chat.models import Reply

# A process saves each of its replies about once a second: running_reply.py.
LONGEST_SILENCE = timedelta(minutes=1)


@cache
def _own() -> tuple[str, FileLock]:
    settings.CHAT_LOCKS.mkdir(exist_ok=True)
    name = uuid.uuid4().hex
    lock = _lock(name)
    lock.acquire()
    return name, lock


def this_process() -> str:
    """The name of this process, which is locked from the first call on."""
    return _own()[0]


def is_dead(reply: Reply) -> bool:
    """Whether the process that was writing a streaming reply has ended without saying so."""
    lock = _lock(reply.process)
    if not Path(lock.lock_file).is_file():
        return timezone.now() - reply.saved_at > LONGEST_SILENCE
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
