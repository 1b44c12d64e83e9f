"""How long after Stop the upstream connection is closed, and what is left behind.

A page's WebSocket sends Stop, and the built-in model's own record tells when its connection ended;
both read `time.monotonic()`, which is one clock for all processes.
"""

import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import certificate
import figures
import projects
from black_hole import BlackHole
from leftovers import left_behind, settled
from model import Certificate, Model
from page import Page
from projects import Project
from server import Server
from stopping import STATES, Stop, stop_connecting, stop_once

BUDGET_SECONDS = 0.05
BUDGET_SHARE = 0.99
WARM_UPS = 5
TOKENS_PER_SECOND = 50


class Result(NamedTuple):
    """One row of each table."""

    where: list[str]
    stops: list[Stop]
    faults: list[str]


def main() -> int:
    """Return 1 if a budget is missed, or if something is left behind."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--trials", type=int, default=100, help="for each state (default: 100)")
    options = parser.parse_args()
    results = []
    with tempfile.TemporaryDirectory() as folder:
        made = certificate.make(Path(folder))
        for answers in projects.chosen(parser, options.answers):
            with projects.baked(answers) as project:
                for tls in (None, made):
                    results += measure_answering(project, tls, options.trials)
                    results.append(measure_connecting(project, tls, options.trials))
    print_tables(results)
    return 1 if any(result.faults for result in results) else 0


def measure_answering(project: Project, tls: Certificate | None, trials: int) -> list[Result]:
    """Stops in the states in which the model has answered the connection."""
    results = []
    with (
        Model(project.folder, TOKENS_PER_SECOND, certificate=tls) as model,
        serve(project, model.base_url, tls) as at,
        Page(at.port) as page,
    ):
        for reach in STATES.values():
            for _ in range(WARM_UPS):
                stop_once(at, page, model, reach)
        before = settled(at)
        for state, reach in STATES.items():
            stops = [stop_once(at, page, model, reach) for _ in range(trials)]
            faults = too_slow([stop.closed for stop in stops])
            faults += left_behind(at, before)
            results.append(Result([project.name, wire(tls), state], stops, faults))
            say(results[-1])
        prompts = len(STATES) * (WARM_UPS + trials)
        results[-1].faults.extend(asks_again(page, model, prompts) + at.faults())
    return results


def serve(project: Project, base_url: str, tls: Certificate | None) -> Server:
    """The project's server, with an upstream whose certificate it accepts."""
    environment = project.environment(base_url)
    if tls:
        environment["SSL_CERT_FILE"] = str(tls.certificate)
    return Server("observed_asgi:application", project.folder, project.python, environment)


def wire(tls: Certificate | None) -> str:
    """What tables call it."""
    return "TLS" if tls else "TCP"


def measure_connecting(project: Project, tls: Certificate | None, trials: int) -> Result:
    """Stops while the connection is not answered; then the address answers after all."""
    with Model(project.folder, TOKENS_PER_SECOND, certificate=tls) as elsewhere:
        base_url = urlsplit(elsewhere.base_url)
    with (
        BlackHole() as hole,
        serve(project, base_url._replace(netloc=hole.address).geturl(), tls) as at,
        Page(at.port) as page,
    ):
        for _ in range(WARM_UPS):
            stop_connecting(at, page, hole, project)
        before = settled(at)
        stops = [stop_connecting(at, page, hole, project) for _ in range(trials)]
        # A thread may wait on, as long as it sends nothing and holds nobody up.
        closes = project.cancellation == "async"
        faults = too_slow([stop.closed for stop in stops]) if closes else []
        hole.close()
        with Model(project.folder, TOKENS_PER_SECOND, hole.port, tls) as model:
            faults += asks_again(page, model, 0)
            # Threads that still wait for the connection may get it now: they must not ask.
            faults += left_behind(at, before)
            if model.count() != 1:
                faults.append(f"{model.count() - 1} stopped requests were sent after all")
        faults += at.faults()
    result = Result([project.name, wire(tls), "connecting"], stops, faults)
    say(result)
    return result


def too_slow(closed: list[float]) -> list[str]:
    """What to say when the budget is missed."""
    within = sum(seconds <= BUDGET_SECONDS for seconds in closed)
    if within >= BUDGET_SHARE * len(closed):
        return []
    return [f"{within} of {len(closed)} within {BUDGET_SECONDS * 1000:.0f} ms"]


def asks_again(page: Page, model: Model, prompts: int) -> list[str]:
    """Whether the next prompt works at once, and each prompt so far was asked exactly once."""
    page.new_chat()
    sent = page.ask("/long 20")
    page.wait_for("chat:text")
    first = time.monotonic() - sent
    status = page.wait_for("chat:end")["status"]
    print(f"  then a prompt: {status}, first text after {first * 1000:.0f} ms", flush=True)
    faults = [] if status == "complete" else [f"the next prompt was {status}"]
    if model.count() != prompts + 1:
        faults.append(f"{model.count()} requests for {prompts + 1} prompts")
    return faults


def say(result: Result) -> None:
    """Print one line as soon as it is known."""
    closed = figures.spread([stop.closed for stop in result.stops])
    print(f"  {', '.join(result.where)}: {' / '.join(closed)}; {result.faults or 'ok'}", flush=True)


def print_tables(results: list[Result]) -> None:
    """From Stop to the connection's end, and to the page's being told."""
    heads = ["SDK and strategy", "wire", "state", *figures.SPREAD]
    judged = [*heads, "within 50 ms", "the worst had no processor for ms", "faults"]
    rows = []
    for where, stops, faults in results:
        closed = [stop.closed for stop in stops]
        within = str(sum(seconds <= BUDGET_SECONDS for seconds in closed))
        waited = figures.milliseconds(max(stops, key=lambda stop: stop.closed).waited)
        rows.append([*where, *figures.spread(closed), within, waited, "; ".join(faults) or "none"])
    print(
        "\nFrom Stop to the end of the upstream connection.", figures.table(judged, rows), sep="\n"
    )
    told = [[*where, *figures.spread([stop.told for stop in stops])] for where, stops, _ in results]
    print("\nFrom Stop to the page's being told.", figures.table(heads, told), sep="\n")


if __name__ == "__main__":
    sys.exit(main())
