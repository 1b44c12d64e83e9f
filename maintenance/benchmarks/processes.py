"""What a streamed reply costs with one server process and with two, and where its page is.

Replies stream at 50 tokens a second, each to one page. The processes share PostgreSQL, and Redis
where it is wanted. Processor time is that of the server processes alone.
"""

import asyncio
import itertools
import json
import sys
import time
from collections.abc import Callable
from contextlib import ExitStack
from typing import NamedTuple

import figures
import markers
import projects
import redis
from cluster import Cluster
from model import Model
from page import cookies, event_frame
from projects import Project
from reader import frame, note_markers, opened
from websockets.asyncio.client import ClientConnection

TOKENS_PER_SECOND = 50
SECONDS = 10
# All replies flow while it is measured. A longer prompt is refused.
PROMPT_SECONDS = 24
# A page that goes to another process is away for a moment.
ENVIRONMENT = {"CHAT_DISCONNECT_GRACE_SECONDS": "2"}


class Way(NamedTuple):
    """How many processes there are, and where a reply is watched."""

    name: str
    processes: int
    with_redis: bool
    is_watched_elsewhere: bool


WAYS = [
    Way("one process", 1, False, False),
    Way("two, each page where its reply streams", 2, True, False),
    Way("two, each page at the other one, with Redis", 2, True, True),
    Way("two, each page at the other one, by the rows", 2, False, True),
]


class Counts(NamedTuple):
    """What has been used so far."""

    cpu_seconds: float
    transactions: int
    commands: int
    redis_bytes: int


def main() -> int:
    """Return 0; the table is for reading. What must not be raises."""
    parser = projects.argument_parser(__doc__ or "")
    parser.add_argument("--streams", type=int, default=20, help="(default: 20)")
    options = parser.parse_args()
    heads = ["SDK and strategy", "processes", "streams", "lag: median ms", "95th ms"]
    heads += ["CPU ms", "transactions", "Redis commands", "Redis bytes", "kB of memory"]
    print("From CPU on: for each stream, in a second; memory for each stream.\n")
    print(figures.table(heads, []), flush=True)
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            for way in WAYS:
                row = [project.name, way.name, *measure(project, way, options.streams)]
                print(f"| {' | '.join(row)} |", flush=True)
    return 0


def measure(project: Project, way: Way, streams: int) -> list[str]:
    """The cells of a row, from the number of streams on."""
    with ExitStack() as stack:
        model = stack.enter_context(Model(project.folder, TOKENS_PER_SECOND))
        cluster = Cluster(project, model.base_url, way.processes, way.with_redis, ENVIRONMENT)
        stack.enter_context(cluster)
        # The first reply of a process pays for imports.
        asyncio.run(stream(cluster, model, way, 2 * way.processes, 1))
        before = sum(server.memory_bytes() for server in cluster.servers)
        lags, used = asyncio.run(stream(cluster, model, way, streams, SECONDS))
        memory = sum(server.memory_bytes() for server in cluster.servers) - before
    of_each = streams * SECONDS
    return [
        str(streams),
        *(figures.milliseconds(figures.percentile(lags, percent)) for percent in (50, 95)),
        f"{used.cpu_seconds / of_each * 1000:.1f}",
        f"{used.transactions / of_each:.1f}",
        f"{used.commands / of_each:.1f}",
        f"{used.redis_bytes / of_each:.0f}",
        f"{memory / streams / 1000:.0f}",
    ]


async def stream(
    cluster: Cluster,
    model: Model,
    way: Way,
    streams: int,
    seconds: float,
    limit: Callable[[], None] = lambda: None,
) -> tuple[list[float], Counts]:
    """The lags of the markers that were sent within so many seconds, and what that used.

    `limit` is called when all replies flow, a second before they are measured.
    """
    all_flow, is_over = asyncio.Barrier(streams + 1), asyncio.Event()
    text = markers.prompt(PROMPT_SECONDS * TOKENS_PER_SECOND)
    prompts = [f"{text}{time.monotonic()} {number}" for number in range(streams)]
    pages = [
        asyncio.create_task(watch(cluster, way, number, prompt, all_flow, is_over))
        for number, prompt in enumerate(prompts)
    ]
    await all_flow.wait()
    limit()
    await asyncio.sleep(1)
    start, before = time.monotonic(), await asyncio.to_thread(counts, cluster)
    await asyncio.sleep(seconds)
    end, after = time.monotonic(), await asyncio.to_thread(counts, cluster)
    is_over.set()
    lags = []
    for prompt, seen in zip(prompts, await asyncio.gather(*pages), strict=True):
        tokens = model.sent(prompt)
        if tokens[-1][0] < end - 1:
            raise RuntimeError("a reply ended while it was measured: take fewer streams")
        sent = markers.sent(tokens)
        # The last ones may not have arrived yet.
        lags += [seen[number] - at for number, at in sent.items() if start < at < end - 2]
    return lags, Counts(*(now - then for now, then in zip(after, before, strict=True)))


async def watch(
    cluster: Cluster,
    way: Way,
    number: int,
    prompt: str,
    all_flow: asyncio.Barrier,
    is_over: asyncio.Event,
) -> dict[int, float]:
    """Ask at one process, watch there or at the next one, and return when each marker came."""
    host = f"127.0.4.{number + 1}"
    at = itertools.cycle(cluster.servers)
    writer = next(itertools.islice(at, number % way.processes, None))
    visitor = await asyncio.to_thread(cookies, writer.port)
    async with opened(writer.port, host, visitor) as asking:
        await asking.send(event_frame(2, "submit", prompt=prompt))
        await frame(asking, "chat:text")
        if not way.is_watched_elsewhere:
            return await read(asking, all_flow, is_over)
        async with opened(next(at).port, host, visitor) as watching:
            await asking.close()
            await frame(watching, "chat:text")
            return await read(watching, all_flow, is_over)


async def read(
    socket: ClientConnection, all_flow: asyncio.Barrier, is_over: asyncio.Event
) -> dict[int, float]:
    """Read until it is over, and return when each marker came."""
    seen: dict[int, float] = {}

    async def note() -> None:
        while True:
            note_markers(json.loads(await socket.recv()), seen)

    noting = asyncio.create_task(note())
    await all_flow.wait()
    await is_over.wait()
    if noting.done():
        noting.result()
    noting.cancel()
    return seen


def counts(cluster: Cluster) -> Counts:
    cpu = sum(server.cpu_seconds() for server in cluster.servers)
    ((transactions,),) = cluster.postgresql.query(
        "select sum(xact_commit + xact_rollback) from pg_stat_database"
    )
    if cluster.redis is None:
        return Counts(cpu, int(transactions), 0, 0)
    with redis.Redis.from_url(cluster.redis.url) as client:
        info = client.info("stats")
    used = info["total_net_input_bytes"] + info["total_net_output_bytes"]
    return Counts(cpu, int(transactions), info["total_commands_processed"], used)


if __name__ == "__main__":
    sys.exit(main())
