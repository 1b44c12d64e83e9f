"""What a switch to a conversation of five turns, and of fifty, costs beside one without any.

One page, with fifty of 1,000 conversations and their 10,000 messages in its list, is sent to and
fro. The server has kept what it has shown once, as for a reader who comes back.
"""

import json
import subprocess
import sys
import time
from pathlib import Path

import figures
import projects
from page import Page
from projects import Project
from server import Server

ROWS = Path(__file__).with_name("switch_rows.py")
# Longer than the server goes on after it has sent all of a switch.
SETTLE_SECONDS = 0.1
BUDGET = 1.3


def main() -> int:
    """Return 1 if the budget is missed, or if the server's log tells of an error."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--trials", type=int, default=50, help="switches to each (default: 50)")
    options = parser.parse_args()
    rows, faults = [], list[str]()
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            cells, ratios, wrong = measured(project, options.trials)
            rows += cells
            faults += [f"{project.name}: {fault}" for fault in wrong]
            for name, ratio in ratios.items():
                if ratio > BUDGET:
                    faults.append(f"{project.name}, {name}: {ratio:.2f} times, goal {BUDGET}")
    heads = ["SDK and strategy", "switch to", "log there, ms", "all there, ms", "fastest tenth, ms"]
    print(figures.table([*heads, "of none", "server CPU, ms", "kB of JSON"], rows))
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def measured(project: Project, trials: int) -> tuple[list[list[str]], dict[str, float], list[str]]:
    """The rows of the table, the ratios of the times, and what the server's log complains of.

    Other programs make some switches slower, and none faster: the ratio is that of the fastest.
    """
    environment = project.environment("http://127.0.0.1:9/")
    made = subprocess.run(
        [str(project.python), str(ROWS)],
        cwd=project.folder,
        env=environment,
        check=True,
        stdout=subprocess.PIPE,
    )
    cookie, *conversations = json.loads(made.stdout)
    server = Server("config.asgi:application", project.folder, project.python, environment)
    costs: dict[str, list[list[float]]] = {"no turns": [], "five turns": [], "fifty turns": []}
    with server, Page(server.port, cookies=cookie) as page:
        for trial in range(trials + 1):
            for name, conversation in zip(costs, conversations, strict=True):
                cost = switch(page, server, conversation)
                if trial:  # The first pays for imports, and for what is kept.
                    costs[name].append(cost)
        faults = server.faults()
    rows, ends = [], []
    for name, each in costs.items():
        log, end, cpu, size = zip(*each, strict=True)
        ends.append(figures.percentile(end, 10))
        times = [figures.percentile(log, 50), figures.percentile(end, 50), ends[-1]]
        told = [*map(figures.milliseconds, times), f"{ends[-1] / ends[0]:.2f}"]
        told.append(figures.milliseconds(sum(cpu) / len(cpu)))
        rows.append([project.name, name, *told, f"{max(size) / 1000:.0f}"])
    ratios = [end / ends[0] for end in ends]
    return rows, dict(zip(costs, ratios, strict=True)), faults


def switch(page: Page, server: Server, conversation: str) -> list[float]:
    """Seconds to the log, to the mark in the list, and of the server's CPU; size of the log."""
    before = server.cpu_seconds()
    sent = page.send("open", conversation=conversation)
    turns = page.wait_for("chat:turns")
    log = time.monotonic() - sent
    page.wait(lambda frame: "aria-current" in str(frame.get("patches")))
    end = time.monotonic() - sent
    time.sleep(SETTLE_SECONDS)
    return [log, end, server.cpu_seconds() - before, len(json.dumps(turns))]


if __name__ == "__main__":
    sys.exit(main())
