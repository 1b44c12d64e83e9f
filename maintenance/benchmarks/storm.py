"""Random sequences of what people do, against a model that fails at random: nothing is lost.

Browsers send, stop, retry, reload, drop their connection, open and close tabs and begin new chats.
Afterwards each prompt that was accepted is in the database once, the upstream was asked at most
once for each reply, nothing streams, nothing is open, and the log has no exception.

With `--processes`, several servers have one PostgreSQL and one Redis, each socket comes to any of
them, conversations are deleted, a visitor has a limit of tokens, and meanwhile servers are killed
or ended, and PostgreSQL and Redis restarted.
"""

import asyncio
import contextlib
import json
import random
import signal
import sqlite3
import sys
import time
import urllib.request
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from browsers import STEPS, Browser
from cluster import Cluster
from projects import Project, argument_parser, baked, chosen
from server import Server

LIMITS = {"CHAT_DISCONNECT_GRACE_SECONDS": "0.3", "CHAT_IDLE_TIMEOUT_SECONDS": "1.5"}
TOKENS_PER_DAY = 600
AT_ONCE = 8
SETTLE_SECONDS = 30.0
# How long a disturbance may still show in logs and on pages, and how often there is one.
AFTERMATH = timedelta(seconds=12)
DISTURBED_EVERY = (3.0, 8.0)

# Prompts and the statuses of their replies; None without a reply.
Rows = list[tuple[int, str, str | None]]

ROWS = (
    "select turn.id, turn.prompt, reply.status from chat_turn turn "
    "left join chat_reply reply on reply.turn_id = turn.id"
)
# Keeps what was inserted, though its conversation may be deleted.
KEEP = """
create table inserted_turn as select id, prompt from chat_turn;
create table inserted_reply as select id, turn_id from chat_reply;
create function keep_turn() returns trigger language plpgsql as
    $$ begin insert into inserted_turn values (new.id, new.prompt); return new; end $$;
create function keep_reply() returns trigger language plpgsql as
    $$ begin insert into inserted_reply values (new.id, new.turn_id); return new; end $$;
create trigger keep after insert on chat_turn for each row execute function keep_turn();
create trigger keep after insert on chat_reply for each row execute function keep_reply();
select 1;
"""
KEPT_ROWS = (
    "select turn.id, turn.prompt, case when kept.id is null then null "
    "else coalesce(reply.status, 'deleted') end "
    "from inserted_turn turn left join inserted_reply kept on kept.turn_id = turn.id "
    "left join chat_reply reply on reply.id = kept.id"
)


class Disturbances:
    """What breaks in a cluster meanwhile, and when."""

    def __init__(self, cluster: Cluster, rng: random.Random) -> None:
        self._cluster = cluster
        self._rng = rng
        self._times: list[tuple[datetime, datetime]] = []
        self.counts: Counter[str] = Counter()

    async def run(self) -> None:
        """Break and mend one thing after the other, until cancelled."""
        while True:
            await asyncio.sleep(self._rng.uniform(*DISTURBED_EVERY))
            kinds = [
                "SIGKILL",
                "SIGTERM",
                "PostgreSQL",
                *(["Redis"] if self._cluster.redis else []),
            ]
            kind = self._rng.choice(kinds)
            began = datetime.now()
            await asyncio.shield(asyncio.to_thread(self._disturb, kind))
            self._times.append((began, datetime.now()))
            self.counts[kind] += 1

    def _disturb(self, kind: str) -> None:
        away = self._rng.uniform(0.1, 2)
        if kind in ("SIGKILL", "SIGTERM"):
            server = self._rng.choice(self._cluster.servers)
            server.end(signal.Signals[kind])
            time.sleep(away)
            server.start()
            return
        service = self._cluster.postgresql if kind == "PostgreSQL" else self._cluster.redis
        assert service is not None
        service.stop()
        time.sleep(away)
        service.start()

    def excuses(self, line: str) -> bool:
        """Whether a line of a log, which begins with its time, was written in one of them."""
        try:
            at = datetime.fromisoformat(line[:19])
        except ValueError:
            return True  # the line before it has the time
        return any(
            began - timedelta(seconds=1) <= at <= ended + AFTERMATH for began, ended in self._times
        )


async def storm(
    ports: list[int], seed: int, sequences: int, steps: tuple[str, ...]
) -> list[Browser]:
    """Run the sequences, some at once."""
    limit = asyncio.Semaphore(AT_ONCE)

    async def one(number: int) -> Browser:
        rng = random.Random(f"{seed}-{number}")
        browser = Browser(ports, number, rng)
        async with limit:
            await browser.run(steps, rng.randint(3, 12))
        return browser

    return await asyncio.gather(*(one(number) for number in range(sequences)))


def wait_until_settled(
    record_url: str, read: Callable[[], Rows]
) -> tuple[list[dict[str, Any]], Rows]:
    """The requests and the rows, once none is open and none streams, or after SETTLE_SECONDS."""
    deadline = time.monotonic() + SETTLE_SECONDS
    while True:
        with urllib.request.urlopen(record_url) as answer:
            requests: list[dict[str, Any]] = json.load(answer)["requests"]
        rows = read()
        is_open = any(request["ended"] is None for request in requests)
        if time.monotonic() > deadline or not (is_open or "streaming" in {row[2] for row in rows}):
            return requests, rows
        time.sleep(0.2)


def violations(browsers: list[Browser], requests: list[Any], rows: Rows) -> list[str]:
    """What must not be."""
    found = []
    turns = Counter(prompt for _, prompt in {(row[0], row[1]) for row in rows})
    accepted = Counter(prompt for browser in browsers for prompt in browser.accepted)
    found += [f"doubled turn: {prompt}" for prompt, count in turns.items() if count > 1]
    found += [f"lost turn: {prompt}" for prompt in accepted if prompt not in turns]
    replies = Counter(prompt for _, prompt, status in rows if status)
    asked = Counter(request["messages"][-1]["text"] for request in requests if request["messages"])
    found += [f"asked too often: {text}" for text in asked if asked[text] > replies[text]]
    found += [f"left streaming: {prompt}" for _, prompt, status in rows if status == "streaming"]
    found += [f"turn without a reply: {prompt}" for _, prompt, status in rows if status is None]
    found += [f"left open: {request}" for request in requests if request["ended"] is None]
    return found


def run_one(project: Project, base_url: str, seed: int, sequences: int) -> tuple[Any, ...]:
    """The storm on one server with SQLite: requests, rows, and what must not be."""
    environment = project.environment(base_url) | LIMITS
    database = project.folder / "db.sqlite3"

    def read() -> Rows:
        with contextlib.closing(sqlite3.connect(database, timeout=10)) as connection:
            return connection.execute(ROWS).fetchall()

    with Server("config.asgi:application", project.folder, project.python, environment) as chat:
        browsers = asyncio.run(storm([chat.port], seed, sequences, STEPS))
        requests, rows = wait_until_settled(record_url(base_url), read)
        found = violations(browsers, requests, rows) + chat.faults()
        found += [fault for browser in browsers for fault in browser.faults]
    return requests, rows, found


def run_several(
    project: Project, base_url: str, seed: int, sequences: int, processes: int, with_redis: bool
) -> tuple[Any, ...]:
    """The storm on several servers: requests, rows, and what must not be."""
    environment = LIMITS | {
        "CHAT_DAILY_TOKENS_PER_USER": str(TOKENS_PER_DAY),
        "CHAT_MAX_OUTPUT_TOKENS": str(TOKENS_PER_DAY),
    }
    with Cluster(project, base_url, processes, with_redis, environment) as cluster:
        cluster.postgresql.query(KEEP)
        disturbances = Disturbances(cluster, random.Random(f"{seed}-disturbances"))
        ports = [server.port for server in cluster.servers]

        async def disturbed() -> list[Browser]:
            disturbing = asyncio.create_task(disturbances.run())
            try:
                return await storm(ports, seed, sequences, (*STEPS, "delete"))
            finally:
                disturbing.cancel()

        browsers = asyncio.run(disturbed())
        query = cluster.postgresql.query
        requests, rows = wait_until_settled(record_url(base_url), lambda: query(KEPT_ROWS))
        found = violations(browsers, requests, rows)
        over = query(f"select used from chat_account where used > {TOKENS_PER_DAY}")
        found += [f"over the limit of tokens: {used}" for (used,) in over]
        held = query("select count(*) from chat_reservation")[0][0]
        found += [f"reservations of replies that have ended: {held}"] if held else []
        logs = [line for server in cluster.servers for line in server.faults()]
        found += [line for line in logs if not disturbances.excuses(line)]
        refusals = sum(len(browser.faults) for browser in browsers)
        print(f"{dict(disturbances.counts)}; {refusals} events refused meanwhile", flush=True)
        used = query("select count(*), coalesce(max(used), 0) from chat_account")[0]
        print(f"{used[0]} accounts, of which one has used {used[1]} tokens", flush=True)
    return requests, rows, found


def record_url(base_url: str) -> str:
    address = base_url.removeprefix("http://").partition("/")[0]
    return f"http://{address}/record"


def run(project: Project, seed: int, sequences: int, processes: int, with_redis: bool) -> list[str]:
    """Run the storm on a project, print what happened, and return what must not have."""
    sys.path.insert(0, str(project.folder))
    from fake_model.server import FakeModel

    with FakeModel(tokens_per_second=100) as model:
        options = (project, model.base_url, seed, sequences)
        if processes == 1:
            requests, rows, found = run_one(*options)
        else:
            requests, rows, found = run_several(*options, processes, with_redis)
    statuses = Counter(str(row[2]) for row in rows)
    print(
        f"| {project.name} | {sequences} | {len({row[0] for row in rows})} | {len(requests)} | "
        f"{', '.join(f'{count} {status}' for status, count in statuses.most_common())} | "
        f"{len(found)} |",
        flush=True,
    )
    return found


def main() -> int:
    """Return 0 if nothing was found."""
    parser = argument_parser(__doc__ or "")
    parser.add_argument("--sequences", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=random.randrange(1_000_000))
    parser.add_argument("--processes", type=int, default=1)
    parser.add_argument("--no-redis", action="store_true", help="PostgreSQL alone")
    options = parser.parse_args()
    print(f"seed {options.seed}\n")
    print("| project | sequences | turns | requests | replies | violations |")
    print("|---|---|---|---|---|---|")
    found: list[str] = []
    for answers in chosen(parser, options.answers):
        with baked(answers) as project:
            found += run(
                project,
                options.seed,
                options.sequences,
                options.processes,
                not options.no_redis,
            )
    print("", *found, sep="\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
