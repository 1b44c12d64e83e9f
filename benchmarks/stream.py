"""What a streamed reply costs: baked projects and the floor, side by side.

The floor is `floor/`, a Channels consumer that relays raw tokens. All sides have the same upstream
and the same browser, in one run; each figure of a project stands beside its ratio to the floor's.
"""

import sys
from collections import defaultdict
from contextlib import ExitStack
from itertools import pairwise
from typing import NamedTuple

import figures
import markers
import projects
from model import Model
from playwright.sync_api import Browser
from sides import FLOOR, Side, side_by_side
from tab import chromium

TOKENS_PER_SECOND = 100
SHAPES = {
    "mixed": "/long",
    "paragraph": "/paragraph",
    "code block": "/codeblock",
    "list": "/list",
    "table": "/table",
}


class Case(NamedTuple):
    """What a reply is like, and how many settled turns are above it."""

    shape: str
    tokens: int
    history: int


class Cost(NamedTuple):
    """Bytes to the browser, seconds of the server's processor, seconds of the main thread."""

    bytes: float
    server: float
    browser: float


Costs = dict[tuple[str, Case], list[Cost]]
Times = dict[str, list[float]]


def main() -> int:
    """Measure, and print the tables."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--repeat", type=int, default=1, help="how often, all of it (default: 1)")
    parser.add_argument("--sizes", default="500,2000,8000", help="tokens (default: 500,2000,8000)")
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"(default: {','.join(SHAPES)})")
    parser.add_argument("--quick", action="store_true", help="mixed and one paragraph, 200 tokens")
    options = parser.parse_args()
    if unknown := set(options.shapes.split(",")) - set(SHAPES):
        parser.error(f"no such shape: {', '.join(unknown)}")
    sizes = [int(size) for size in options.sizes.split(",")]
    cases = [Case(shape, size, 0) for shape in options.shapes.split(",") for size in sizes]
    cases += [Case("mixed", 2000, 50)]
    if options.quick:
        cases = [Case("mixed", 200, 0), Case("paragraph", 200, 0), Case("mixed", 200, 50)]

    costs: Costs = defaultdict(list)
    latencies: Times = defaultdict(list)
    stops: Times = defaultdict(list)
    with ExitStack() as stack:
        baked = [
            stack.enter_context(projects.baked(each)) for each in projects.chosen(options.answers)
        ]
        model = stack.enter_context(Model(baked[0].folder, TOKENS_PER_SECOND))
        sides = stack.enter_context(side_by_side(baked, model))
        browser = stack.enter_context(chromium())
        for side in sides:
            reply_cost(side, browser, model, Case("mixed", 100, 0))  # Pays for imports.
        for _ in range(options.repeat):
            for case in cases:
                for side in sides:
                    costs[side.name, case].append(reply_cost(side, browser, model, case))
                    print(f"  {side.name}, {case}: {costs[side.name, case][-1]}", flush=True)
            for side in sides:
                latencies[side.name] += token_to_screen(side, browser, model)
                stops[side.name] += stop_to_closed(side, browser, model)
        faults = [f"{side.name}: {line}" for side in sides for line in side.server.faults()]
    names = [side.name for side in sides]
    print(cost_table(names, cases, costs), growth_table(names, cases, costs), sep="\n\n")
    print(time_table(names, latencies, stops))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def reply_cost(side: Side, browser: Browser, model: Model, case: Case) -> Cost:
    """What one reply costs from Send to its end."""
    with side.open(browser, case.history) as tab:
        request, prompt = model.count(), f"{SHAPES[case.shape]} {case.tokens}"
        before = (side.proxy.received, side.server.cpu_seconds(), tab.main_thread_seconds())
        tab.ask(prompt)
        # Looking at the page meanwhile would cost its main thread something.
        model.wait(request, "ended", patience=60 + case.tokens / TOKENS_PER_SECOND)
        tab.wait_for_end()
        after = (side.proxy.received, side.server.cpu_seconds(), tab.main_thread_seconds())
        tokens = len(model.sent(prompt))
        if tokens != case.tokens:
            raise RuntimeError(f"{tokens} tokens were sent for {case}")
    return Cost(*(end - start for start, end in zip(before, after, strict=True)))


def token_to_screen(side: Side, browser: Browser, model: Model) -> list[float]:
    """Seconds from the sending of each marker by the model to its being in the page."""
    with side.open(browser, 0) as tab:
        request, prompt = model.count(), markers.prompt(500)
        tab.observe_markers()
        tab.ask(prompt)
        model.wait(request, "ended")
        tab.wait_for_end()
        seen, sent = tab.markers(), markers.sent(model.sent(prompt))
    if missing := sent.keys() - seen.keys():
        raise RuntimeError(f"{side.name} never showed the markers {sorted(missing)}")
    return [seen[number] - sent[number] for number in sent]


def stop_to_closed(side: Side, browser: Browser, model: Model) -> list[float]:
    """Seconds from pressing Stop, while text flows, to the end of the upstream connection."""
    seconds = []
    with side.open(browser, 0) as tab:
        for _ in range(10):
            request = model.count()
            tab.ask("/long 4000")
            tab.wait_for_text()
            pressed = tab.stop()
            seconds.append(model.wait(request, "ended") - pressed)
            tab.wait_for_end()
    return seconds


def cost_table(names: list[str], cases: list[Case], costs: Costs) -> str:
    """Every cost with its ratio to the floor's: the median, and the range of repeated runs."""
    heads = ["reply", "history", "side", "bytes", "of floor", "server CPU s", "of floor"]
    heads += ["main thread s", "of floor"]
    rows = []
    for case in cases:
        for name in names:
            row = [f"{case.tokens} {case.shape}", str(case.history), name]
            for index, digits in ((0, 0), (1, 2), (2, 2)):
                own = [cost[index] for cost in costs[name, case]]
                floor = [cost[index] for cost in costs[FLOOR, case]]
                ratios = [one / other for one, other in zip(own, floor, strict=True)]
                row += [figures.median_range(own, digits), figures.median_range(ratios, 2)]
            rows.append(row)
    return figures.table(heads, rows)


def growth_table(names: list[str], cases: list[Case], costs: Costs) -> str:
    """How the bytes grow from each size to the next."""
    heads = ["bytes grow", "from", "to", *names]
    rows = []
    settled = [case for case in cases if not case.history]
    for small, large in pairwise(settled):
        if small.shape != large.shape:
            continue
        row = [small.shape, str(small.tokens), str(large.tokens)]
        for name in names:
            pairs = zip(costs[name, small], costs[name, large], strict=True)
            row.append(figures.median_range([two.bytes / one.bytes for one, two in pairs], 2))
        rows.append(row)
    return figures.table(heads, rows)


def time_table(names: list[str], latencies: Times, stops: Times) -> str:
    """Token to screen, and Stop to closed."""
    heads = ["side", "token to screen: median ms", "95th ms", "n", "Stop: median ms", "worst", "n"]
    rows = []
    for name in names:
        row = [name]
        for seconds, percents in ((latencies[name], (50, 95)), (stops[name], (50, 100))):
            shown = [figures.percentile(seconds, percent) for percent in percents]
            row += [*map(figures.milliseconds, shown), str(len(seconds))]
        rows.append(row)
    return figures.table(heads, rows)


if __name__ == "__main__":
    sys.exit(main())
