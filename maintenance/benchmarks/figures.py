"""Figures as people read them: median, percentiles, Markdown tables."""

import math
from collections.abc import Iterable, Sequence


def percentile(values: Iterable[float], percent: float) -> float:
    """The smallest of `values` that at least `percent` of them do not exceed (nearest rank)."""
    ordered = sorted(values)
    return ordered[max(math.ceil(len(ordered) * percent / 100), 1) - 1]


def milliseconds(seconds: float) -> str:
    """Milliseconds as text: with one decimal below 100, without one from there on."""
    value = seconds * 1000
    return f"{value:.1f}" if value < 100 else f"{value:.0f}"


def median_range(values: Sequence[float], digits: int) -> str:
    """The median, and of several values the least and the greatest."""
    low, middle, high = (f"{percentile(values, percent):.{digits}f}" for percent in (0, 50, 100))
    return middle if len(values) == 1 else f"{middle} ({low} to {high})"


def spread(seconds: Sequence[float]) -> list[str]:
    """Cells for `SPREAD`."""
    shown = [milliseconds(percentile(seconds, percent)) for percent in (50, 99, 100)]
    return [*shown, str(len(seconds))]


SPREAD = ["median ms", "99th ms", "worst ms", "n"]


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A Markdown table."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
