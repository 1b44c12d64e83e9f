"""What a streamed reply may cost, and where it costs more. Medians are judged."""

import math
from itertools import pairwise

import figures
from costs import Case, Cost, Costs, Times
from sides import FLOOR

SERVER_OF_FLOOR = 1.1
MAIN_THREAD_SECONDS = 2.4
# For a reply of four times the tokens, and by the same power for others.
GROWTH_OF_FOUR = 4.2
SCREEN_SECONDS = {50: 0.040, 95: 0.080}


def missed(names: list[str], costs: Costs, latencies: Times) -> list[str]:
    """A line for each budget that one of the projects `names` does not keep."""
    lines = []
    for name in names:
        for case in (Case("mixed", 2000, 0), Case("mixed", 2000, 50)):
            if (FLOOR, case) in costs:
                lines += missed_beside_floor(name, case, costs)
        settled = [case for other, case in costs if other == name and not case.history]
        for small, large in pairwise(settled):
            if small.shape == large.shape:
                lines += missed_growth(name, small, large, costs)
        for percent, most in SCREEN_SECONDS.items():
            seconds = figures.percentile(latencies[name], percent)
            if seconds > most:
                shown = figures.milliseconds(seconds)
                lines.append(f"{name}: token to screen, {percent} %: {shown} ms")
    return lines


def missed_beside_floor(name: str, case: Case, costs: Costs) -> list[str]:
    """Budgets of 2,000 tokens of mixed Markdown; the page's own are those without history."""
    own, floor = median(costs[name, case]), median(costs[FLOOR, case])
    lines = []
    if own.server > floor.server * SERVER_OF_FLOOR:
        lines.append(f"{name}, {case.history} turns: server CPU {own.server / floor.server:.2f}")
    if not case.history and own.bytes > floor.bytes:
        lines.append(f"{name}: bytes {own.bytes / floor.bytes:.2f} of the floor's")
    if not case.history and own.browser > MAIN_THREAD_SECONDS:
        lines.append(f"{name}: main thread {own.browser:.2f} s")
    return lines


def missed_growth(name: str, small: Case, large: Case, costs: Costs) -> list[str]:
    """The budget of growth, from one size to the next."""
    growth = median(costs[name, large]).bytes / median(costs[name, small]).bytes
    most = GROWTH_OF_FOUR ** math.log(large.tokens / small.tokens, 4)
    if growth <= most:
        return []
    return [f"{name}: {small.tokens} to {large.tokens} {small.shape}: bytes grow {growth:.2f}"]


def median(costs: list[Cost]) -> Cost:
    """Each figure's median, of repeated runs."""
    return Cost(*(figures.percentile(values, 50) for values in zip(*costs, strict=True)))
