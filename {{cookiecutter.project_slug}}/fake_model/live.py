"""The live record as server-sent events: its newest rows at first, then each row that changes.

Only requests that are open are looked at again, so that a long record costs nothing.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator

from .record import Record
from .rows import Row, row

MOST_ROWS = 100
PACE_SECONDS = 0.2
RECONNECT_MILLISECONDS = 1000


async def events(record: Record) -> AsyncIterator[bytes]:
    """Whole events, without end. The first one holds all rows, each later one those to change."""
    shown: dict[int, Row] = {}
    yield b"retry: %d\n" % RECONNECT_MILLISECONDS + event("all", record, update(record, shown))
    while True:
        await asyncio.sleep(PACE_SECONDS)
        if changed := update(record, shown):
            yield event("some", record, changed)


def update(record: Record, shown: dict[int, Row]) -> list[Row]:
    """Bring `shown`, the newest rows by their numbers, up to date; return what has changed."""
    count, now = len(record), time.monotonic()
    oldest = oldest_of(count)
    for number in [number for number in shown if number < oldest]:
        del shown[number]
    newest = max(shown, default=oldest - 1)
    open_ones = [number for number, was in shown.items() if not was["ended"]]
    rows = [
        row(number, record[number - 1], now)
        for number in [*open_ones, *range(newest + 1, count + 1)]
    ]
    changed = [each for each in rows if shown.get(each["number"]) != each]
    shown.update((each["number"], each) for each in changed)
    return changed


def oldest_of(count: int) -> int:
    """The number of the oldest row that is shown. Numbers begin with 1."""
    return max(count - MOST_ROWS, 0) + 1


def event(name: str, record: Record, rows: list[Row]) -> bytes:
    """An event with rows, oldest first."""
    data = json.dumps({"oldest": oldest_of(len(record)), "rows": rows}, ensure_ascii=False)
    return f"event: {name}\ndata: {data}\n\n".encode()
