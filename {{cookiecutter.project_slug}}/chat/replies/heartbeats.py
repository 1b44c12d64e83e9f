"""Whether other processes live, by a key in Redis that each renews while it streams replies.

If a machine loses its power, nothing else shows it but a longer silence of its rows. A missing key
alone ends no reply: Redis may have been away, or the process alone may have lost it.
"""

import asyncio
import time
from collections.abc import Collection

from chat.bus.bus import bus, name
from chat.replies import processes

BEAT_SECONDS = 0.5
# A key is gone after this time. For twice as long after Redis has come back, no process is missing.
LIFE_SECONDS = 2.5


async def beat(running: Collection[object]) -> None:
    """Renew the key of this process while `running`, its replies, is not empty."""
    key = _key(processes.this_process())
    while running:
        await bus.ask("SET", key, 1, "PX", int(1000 * LIFE_SECONDS))
        await asyncio.sleep(BEAT_SECONDS)


class Heartbeats:
    """The heartbeats of other processes, as far as they were heard."""

    def __init__(self) -> None:
        self._heard: set[str] = set()

    async def missing(self, others: Collection[str]) -> set[str]:
        """Those of the processes whose heart has beaten, and does so no more."""
        up_since = bus.up_since
        if not others or up_since is None:
            return set()
        names = sorted(others)
        values = await bus.ask("MGET", *map(_key, names))
        if values is None or bus.up_since != up_since:
            return set()
        beating = {each for each, value in zip(names, values, strict=True) if value}
        self._heard = beating | self._heard.intersection(others)
        is_steady = time.monotonic() - up_since > 2 * LIFE_SECONDS
        return self._heard - beating if is_steady else set()


def _key(process: str) -> str:
    return name("alive", process)
