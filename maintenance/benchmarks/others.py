"""Whether models that stay silent delay anybody else.

While some pages wait for a model that never answers, another page is opened, asks and stops. Rounds
with and without silent models alternate, so that both meet the same machine.
"""

import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import NamedTuple

import figures
import projects
from model import Model
from page import Page
from projects import Project
from server import Server

SILENT = (0, 1, 10)
TOKENS_PER_SECOND = 50
# What two medians of the same thing may differ by on a busy machine.
MOST_RATIO = 1.5
MOST_SECONDS_MORE = 0.02


class Times(NamedTuple):
    """Seconds that one page waited."""

    opened: float
    first_token: float
    stopped: float


WHAT = ("page opened and mounted", "first token", "Stop to upstream closed")


def main() -> int:
    """Return 1 if somebody was delayed."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--rounds", type=int, default=30, help="(default: 30)")
    options = parser.parse_args()
    rows: list[list[str]] = []
    delayed = False
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            times = measure(project, options.rounds)
        for index, what in enumerate(WHAT):
            alone = [each[index] for each in times[0]]
            for silent in SILENT:
                waited = [each[index] for each in times[silent]]
                median, usual = figures.percentile(waited, 50), figures.percentile(alone, 50)
                delayed |= median > usual * MOST_RATIO and median > usual + MOST_SECONDS_MORE
                shown = f"{median / usual:.2f}" if silent else "1"
                rows.append([project.name, what, str(silent), *figures.spread(waited), shown])
    heads = ["SDK and strategy", "what", "silent models", *figures.SPREAD, "ratio of medians"]
    print(figures.table(heads, rows))
    return 1 if delayed else 0


def measure(project: Project, rounds: int) -> dict[int, list[Times]]:
    """What a page waited for, by the number of silent models around it."""
    times = defaultdict(list)
    with (
        Model(project.folder, TOKENS_PER_SECOND) as model,
        Server(
            "config.asgi:application",
            project.folder,
            project.python,
            project.environment(model.base_url),
        ) as at,
    ):
        measure_page(at, model)  # The first of a process pays for imports.
        for _ in range(rounds):
            for silent in SILENT:
                with ExitStack() as stack:
                    pages = [stack.enter_context(silent_page(at, model, n)) for n in range(silent)]
                    times[silent].append(measure_page(at, model))
                    stop_all(pages)
        for fault in at.faults():
            print(fault, file=sys.stderr)
    return times


@contextmanager
def silent_page(at: Server, model: Model, number: int) -> Iterator[Page]:
    """A page whose model has read its prompt, and will say nothing."""
    # From an address of its own: the project allows 100 sockets from one.
    with Page(at.port, f"127.0.1.{number + 1}") as page:
        request = model.count()
        page.ask("/silent")
        model.wait(request, "words")
        yield page


def stop_all(pages: list[Page]) -> None:
    """Stop them, so that the next round begins with none."""
    for page in pages:
        page.send("stop")
    for page in pages:
        page.wait_for("chat:end")


def measure_page(at: Server, model: Model) -> Times:
    """Open a page, ask, and stop."""
    request = model.count()
    start = time.monotonic()
    with Page(at.port) as page:
        opened = time.monotonic() - start
        sent = page.ask("/long 4000")
        page.wait_for("chat:text")
        first_token = time.monotonic() - sent
        stop = page.send("stop")
        stopped = model.wait(request, "ended") - stop
        page.wait_for("chat:end")
    return Times(opened, first_token, stopped)


if __name__ == "__main__":
    sys.exit(main())
