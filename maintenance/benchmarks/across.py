"""What pages of one process see of a reply of another one, and after how long.

Three processes that share no file, with one PostgreSQL, and with one Redis or without. Page A is
served by the process that streams, page B by another one. The built-in model's record tells when
the upstream connection ended.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise

import figures
from cluster import Cluster
from model import Model
from page import Page
from projects import Project, argument_parser, baked, chosen

GRACE_SECONDS = 2.0
ENVIRONMENT = {"CHAT_DISCONNECT_GRACE_SECONDS": f"{GRACE_SECONDS:g}"}
FLOWS = "/long 9000"
LOOK_SECONDS = 5.0
AWAY_SECONDS = 3.0
# Longer than the others wait for a process that is silent.
FROZEN_SECONDS = 15.0


@dataclass
class Stage:
    """Where the cases are tried."""

    cluster: Cluster
    model: Model
    requests: int = 0
    hosts: int = 1

    @contextmanager
    def streaming(self) -> Iterator[tuple[Page, Page, int]]:
        """Pages A and B of one visitor, both with text of a new reply, and the request's number."""
        self.hosts += 1
        first, second, _ = self.cluster.servers
        with Page(first.port, f"127.0.3.{self.hosts}") as a:
            a.ask(FLOWS)
            number, self.requests = self.requests, self.requests + 1
            self.model.wait(number, "tokens", 5)
            with Page(second.port, f"127.0.3.{self.hosts}", a.cookies) as b:
                b.wait_for("chat:text")
                yield a, b, number
                # Without a closing handshake, which waits until all that was sent is read.
                a.drop()
                b.drop()

    def row(self) -> str:
        """The status of the newest reply."""
        found = self.cluster.postgresql.query(
            "select status from chat_reply order by id desc limit 1"
        )
        return str(found[0][0])


def stop(stage: Stage) -> list[float]:
    """Stop on B, to the end of the upstream connection."""
    with stage.streaming() as (_, b, number):
        sent = b.send("stop")
        ended: float = stage.model.wait(number, "ended")
        assert stage.model.wait(number, "ended_by") == "client"
        b.wait_for("chat:end")
        assert stage.row() == "stopped"
        return [ended - sent]


def turn(stage: Stage) -> list[float]:
    """Send on A, to the new turn on B."""
    with stage.streaming() as (a, b, _):
        a.send("stop")
        a.wait_for("chat:end")
        b.wait_for("chat:end")
        sent = a.ask("/echo short")
        stage.requests += 1
        b.wait_for("chat:turns")
        return [time.monotonic() - sent]


def text(stage: Stage) -> list[float]:
    """The pauses between updates on B."""
    with stage.streaming() as (a, b, number):
        times = updates(b, LOOK_SECONDS)
        end(stage, a, number)
        return gaps(times)


def grace(stage: Stage) -> list[float]:
    """A is closed, and then B: from there to the end of the upstream connection."""
    with stage.streaming() as (a, b, number):
        a.close()
        # Longer than the grace.
        updates(b, 2 * GRACE_SECONDS)
        closed = time.monotonic()
        b.close()
        ended: float = stage.model.wait(number, "ended")
        assert ended > closed
        return [ended - closed]


def killed(stage: Stage) -> list[float]:
    """SIGKILL of the process that streams, to `interrupted` on B, and Retry there."""
    with stage.streaming() as (_, b, _):
        stage.cluster.servers[0].end(signal.SIGKILL)
        at = time.monotonic()
        assert b.wait_for("chat:end")["status"] == "interrupted"
        seen = time.monotonic()
        b.send("retry")
        number, stage.requests = stage.requests, stage.requests + 1
        stage.model.wait(number, "tokens", 5)
        end(stage, b, number)
    stage.cluster.servers[0].start()
    return [seen - at]


def terminated(stage: Stage) -> list[float]:
    """SIGTERM of the process that streams, to `interrupted` on B."""
    with stage.streaming() as (_, b, number):
        at = time.monotonic()
        ending = threading.Thread(target=stage.cluster.servers[0].end, args=[signal.SIGTERM])
        ending.start()
        assert b.wait_for("chat:end")["status"] == "interrupted"
        seen = time.monotonic()
        assert stage.model.wait(number, "ended_by") == "client"
    ending.join()
    stage.cluster.servers[0].start()
    return [seen - at]


def frozen(stage: Stage) -> list[float]:
    """A process that streams is frozen, counts as dead, goes on, and closes its upstream."""
    with stage.streaming() as (_, b, number):
        os.kill(stage.cluster.servers[0].pid, signal.SIGSTOP)
        at = time.monotonic()
        assert b.wait_for("chat:end")["status"] == "interrupted"
        time.sleep(max(0.0, at + FROZEN_SECONDS - time.monotonic()))
        os.kill(stage.cluster.servers[0].pid, signal.SIGCONT)
        at = time.monotonic()
        ended: float = stage.model.wait(number, "ended")
        assert stage.model.wait(number, "ended_by") == "client"
        assert stage.row() == "interrupted"
        return [ended - at]


def redis_away(stage: Stage) -> list[float]:
    """Redis is away: the pauses between updates on B; afterwards they are as before."""
    redis = stage.cluster.redis
    if redis is None:
        return []
    with stage.streaming() as (a, b, number):
        redis.stop()
        times = updates(b, AWAY_SECONDS)
        redis.start()
        updates(b, AWAY_SECONDS)
        after = gaps(updates(b, AWAY_SECONDS))
        assert figures.percentile(after, 50) < 0.2, "the full pace did not come back"
        end(stage, a, number)
        return gaps(times)


def database_away(stage: Stage) -> list[float]:
    """PostgreSQL is away for a while: Stop on A, to the end of the upstream connection."""
    with stage.streaming() as (a, _, number):
        stage.cluster.postgresql.stop()
        time.sleep(AWAY_SECONDS)
        sent = a.send("stop")
        ended: float = stage.model.wait(number, "ended")
        stage.cluster.postgresql.start()
        a.wait_for("chat:end")
        assert stage.row() == "stopped"
        return [ended - sent]


Case = Callable[[Stage], list[float]]
CASES: dict[str, tuple[Case, int]] = {
    "Stop on B, to the end of the upstream connection": (stop, 20),
    "text on B: pauses between updates": (text, 2),
    "a new turn on B": (turn, 10),
    f"both pages closed, one after the other; grace {GRACE_SECONDS:g} s": (grace, 2),
    "SIGKILL, to interrupted on B": (killed, 10),
    "SIGTERM, to interrupted on B": (terminated, 3),
    "frozen and back, to the end of its upstream connection": (frozen, 2),
    "Redis away, text on B: pauses between updates": (redis_away, 1),
    "PostgreSQL away, Stop on A": (database_away, 3),
}


def updates(page: Page, seconds: float) -> list[float]:
    """When text came within so many seconds."""
    times, until = [], time.monotonic() + seconds
    while not times or times[-1] < until:
        page.wait_for("chat:text")
        times.append(time.monotonic())
    return times


def gaps(times: list[float]) -> list[float]:
    return [later - earlier for earlier, later in pairwise(times)]


def end(stage: Stage, page: Page, number: int) -> None:
    """Stop a reply that is of no further use."""
    page.send("stop")
    stage.model.wait(number, "ended")


def measure(project: Project, with_redis: bool) -> Iterator[list[str]]:
    """A row of the table for each case."""
    with (
        Model(project.folder, tokens_per_second=50) as model,
        Cluster(project, model.base_url, 3, with_redis, ENVIRONMENT) as cluster,
    ):
        stage = Stage(cluster, model)
        for name, (case, trials) in CASES.items():
            found = [seconds for _ in range(trials) for seconds in case(stage)]
            if found:
                way = "Redis" if with_redis else "rows"
                yield [project.name, way, name, *figures.spread(found)]


def main() -> int:
    """Return 0; the table is for reading. What must not be raises."""
    parser = argument_parser(__doc__ or "")
    options = parser.parse_args()
    heads = ["project", "by", "case", *figures.SPREAD]
    print(figures.table(heads, []), flush=True)
    for answers in chosen(parser, options.answers):
        with baked(answers) as project:
            for with_redis in (False, True):
                for row in measure(project, with_redis):
                    print(f"| {' | '.join(row)} |", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
