"""How many replies one process on one core can stream at once, without a browser.

The server has a core to itself; the model and the clients share the others. More and more pages
ask at the same time, until the text that reaches them lags too far behind the model.
"""

import asyncio
import os
import sys
import time
from typing import NamedTuple

import figures
import markers
import projects
from model import Model
from projects import Project
from reader import read_reply
from server import Server

TOKENS_PER_SECOND = 50
MOST_LAG_SECONDS = 0.25
LEAST_STREAMS = 60
SECONDS = 10


class Level(NamedTuple):
    """What so many streams at once were like."""

    streams: int
    lags: list[float]
    server_share: float
    """Of its core, from 0 to 1."""
    waiting_share: float
    """Of the time, from 0 to 1: it could not work, because another process had its core."""
    tokens_per_second: float
    """What the model sent to each."""


def main() -> int:
    """Return 1 if the budget is missed."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--first", type=int, default=20, help="streams to begin with (default: 20)")
    parser.add_argument("--step", type=int, default=10, help="streams to add (default: 10)")
    options = parser.parse_args()
    server_core, *other_cores = sorted(os.sched_getaffinity(0))
    if not other_cores:
        parser.error("this needs two cores: one is the server's alone")
    os.sched_setaffinity(0, other_cores)
    rows, most = [], dict[str, int]()
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            most[project.name] = 0
            for level in ramp(project, server_core, options.first, options.step):
                lags = [figures.percentile(level.lags, percent) for percent in (50, 95, 99, 100)]
                row = [project.name, str(level.streams), *map(figures.milliseconds, lags)]
                row += [f"{level.server_share:.0%}", f"{level.waiting_share:.0%}"]
                row.append(f"{level.tokens_per_second:.1f}")
                rows.append(row)
                if lags[1] <= MOST_LAG_SECONDS:
                    most[project.name] = level.streams
                print("  " + ", ".join(row), flush=True)
    heads = ["SDK and strategy", "streams", "lag: median ms", "95th ms", "99th ms", "worst ms"]
    print(figures.table([*heads, "worked", "waited", "tokens/s each"], rows))
    for name, streams in most.items():
        print(f"{name}: {streams} streams with a 95th percentile within {MOST_LAG_SECONDS} s")
    return 0 if min(most.values()) >= LEAST_STREAMS else 1


def ramp(project: Project, core: int, first: int, step: int) -> list[Level]:
    """Levels up to the first whose 95th percentile of lag is too long."""
    levels = []
    with Model(project.folder, TOKENS_PER_SECOND) as model:
        environment = project.environment(model.base_url)
        server = Server(
            "config.asgi:application", project.folder, project.python, environment, core
        )
        with server as at:
            asyncio.run(measure(at, model, 2))  # The first of a process pays for imports.
            streams = first
            while True:
                levels.append(asyncio.run(measure(at, model, streams)))
                if figures.percentile(levels[-1].lags, 95) > MOST_LAG_SECONDS:
                    break
                streams += step
            for fault in at.faults():
                print(fault, file=sys.stderr)
    return levels


async def measure(at: Server, model: Model, streams: int) -> Level:
    """So many pages, opened before the first of them asks; then they ask within one second."""
    all_open = asyncio.Barrier(streams + 1)
    text = markers.prompt(SECONDS * TOKENS_PER_SECOND)
    prompts = [f"{text}{time.monotonic()} {number}" for number in range(streams)]
    readers = [
        asyncio.create_task(read_reply(at.port, host(number), prompt, all_open, number / streams))
        for number, prompt in enumerate(prompts)
    ]
    await all_open.wait()
    before = (time.monotonic(), at.cpu_seconds(), at.waiting_seconds())
    seen = await asyncio.gather(*readers)
    after = (time.monotonic(), at.cpu_seconds(), at.waiting_seconds())
    wall, worked, waited = (end - start for start, end in zip(before, after, strict=True))
    lags, paces = [], []
    for prompt, times in zip(prompts, seen, strict=True):
        tokens = model.sent(prompt)
        sent = markers.sent(tokens)
        if missing := sent.keys() - times.keys():
            raise RuntimeError(f"a page never got the markers {sorted(missing)}")
        lags += [times[number] - sent[number] for number in sent]
        paces.append((len(tokens) - 1) / (tokens[-1][0] - tokens[0][0]))
    return Level(streams, lags, worked / wall, waited / wall, sum(paces) / len(paces))


def host(number: int) -> str:
    """An address for each page: the project allows 100 sockets from one."""
    return f"127.0.{1 + number // 200}.{1 + number % 200}"


if __name__ == "__main__":
    sys.exit(main())
