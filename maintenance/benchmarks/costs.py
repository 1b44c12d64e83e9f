"""What replies cost on each side, and the tables that tell it."""

from itertools import pairwise
from typing import NamedTuple

import figures
from sides import FLOOR


class Case(NamedTuple):
    """What a reply is like, and how many settled turns are above it."""

    shape: str
    tokens: int
    history: int


class Cost(NamedTuple):
    """Bytes to the browser; processor seconds of the server, and of the page's main thread."""

    bytes: float
    server: float
    browser: float


Costs = dict[tuple[str, Case], list[Cost]]
Times = dict[str, list[float]]


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


def growth_rows(names: list[str], cases: list[Case], costs: Costs) -> list[list[str]]:
    """How the bytes grow from each size to the next."""
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
    return rows


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
