"""How many replies two server processes stream at once, beside one: each has a share of a core.

The share leaves room for the model and the pages, so two cores are enough. The processes have
PostgreSQL, and two of them Redis. More and more pages watch at the same time, until the text that
reaches them lags too far behind the model.
"""

import asyncio
import sys
from contextlib import ExitStack

import figures
import projects
from capacity import MOST_LAG_SECONDS
from cluster import Cluster
from model import Model
from processes import ENVIRONMENT, TOKENS_PER_SECOND, WAYS, Way, stream
from projects import Project
from quota import Quota

SECONDS = 8
LEAST_RATIO = 1.9
# A short load of something else makes a single one fail.
TRIES = 2
# By the rows alone, text is seconds behind.
COMPARED = [way for way in WAYS if way.with_redis or way.processes == 1]


def main() -> int:
    """Return 1 if two processes stream fewer than `LEAST_RATIO` times as many as one."""
    parser = projects.argument_parser(__doc__ or "")
    parser.add_argument("--share", type=float, default=0.25, help="of a core (default: 0.25)")
    parser.add_argument("--first", type=int, default=10, help="streams of a process to begin with")
    options = parser.parse_args()
    heads = ["SDK and strategy", "processes", "streams", "lag: median ms", "95th ms", "worked"]
    print(figures.table(heads, []), flush=True)
    ratios = []
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            most = {way: ramp(project, way, options.share, options.first) for way in COMPARED}
            one, two, elsewhere = most.values()
            print(
                f"\n{project.name}: two processes stream {two} replies, one {one}: "
                f"{two / one:.2f}; with each page at the other one {elsewhere}: "
                f"{elsewhere / one:.2f}\n"
            )
            ratios.append(two / one)
    return 0 if min(ratios) >= LEAST_RATIO else 1


def ramp(project: Project, way: Way, share: float, first: int) -> int:
    """The most streams whose text was in time. A row is printed for each number that was tried."""
    most, streams = 0, first * way.processes
    with ExitStack() as stack:
        model = stack.enter_context(Model(project.folder, TOKENS_PER_SECOND))
        quotas = [stack.enter_context(Quota(str(number), share)) for number in range(way.processes)]
        cluster = Cluster(project, model.base_url, way.processes, way.with_redis, ENVIRONMENT)
        stack.enter_context(cluster)
        # The first reply of a process pays for imports.
        asyncio.run(stream(cluster, model, way, 2 * way.processes, 1))
        for quota, server in zip(quotas, cluster.servers, strict=True):
            quota.take(server.pid)

        def limit() -> None:
            for quota in quotas:
                quota.limit()

        failed = 0
        while failed < TRIES:
            lags, used = asyncio.run(stream(cluster, model, way, streams, SECONDS, limit))
            for quota in quotas:
                quota.lift()
            median, behind = (figures.percentile(lags, percent) for percent in (50, 95))
            row = [project.name, way.name, str(streams)]
            row += [figures.milliseconds(lag) for lag in (median, behind)]
            row.append(f"{used.cpu_seconds / SECONDS / way.processes / share:.0%}")
            print(f"| {' | '.join(row)} |", flush=True)
            if behind > MOST_LAG_SECONDS:
                failed += 1
            else:
                failed, most = 0, streams
                streams += way.processes
    return most


if __name__ == "__main__":
    sys.exit(main())
