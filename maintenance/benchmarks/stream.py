"""What a streamed reply costs: baked projects and the floor, side by side.

The floor is `floor/`, a Channels consumer that relays raw tokens. All sides have the same upstream
and the same browser, in one run; each figure of a project stands beside its ratio to the floor's.
"""

import sys
from collections import defaultdict
from contextlib import ExitStack

import budgets
import figures
import markers
import projects
from costs import Case, Cost, Costs, Times, cost_table, growth_rows, time_table
from model import Model
from playwright.sync_api import Browser
from sides import Side, side_by_side
from tab import chromium

TOKENS_PER_SECOND = 100
FLOOR_SDK = "provider_sdk=openai"
SHAPES = {
    "mixed": "/long",
    "paragraph": "/paragraph",
    "code block": "/codeblock",
    "ten fences": "/fences",
    "list": "/list",
    "table": "/table",
}


def main() -> int:
    """Return 1 if a budget is missed, or if a server's log tells of an error."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--repeat", type=int, default=1, help="how often, all of it (default: 1)")
    sizes = "500,2000,8000"
    parser.add_argument("--sizes", type=tokens, default=sizes, help=f"tokens (default: {sizes})")
    parser.add_argument("--shapes", default=",".join(SHAPES), help=f"(default: {','.join(SHAPES)})")
    parser.add_argument("--quick", action="store_true", help="mixed and one paragraph, 200 tokens")
    options = parser.parse_args()
    if unknown := set(options.shapes.split(",")) - set(SHAPES):
        parser.error(f"no such shape: {', '.join(unknown)}")
    combinations = projects.chosen(parser, [FLOOR_SDK, *options.answers])
    if any(f"provider_sdk={each['provider_sdk']}" != FLOOR_SDK for each in combinations):
        parser.error(f"the floor reads its upstream with one SDK only: {FLOOR_SDK}")
    cases = [Case(shape, size, 0) for shape in options.shapes.split(",") for size in options.sizes]
    cases += [Case("mixed", 2000, 50)]
    if options.quick:
        cases = [Case("mixed", 200, 0), Case("paragraph", 200, 0), Case("mixed", 200, 50)]

    costs: Costs = defaultdict(list)
    latencies: Times = defaultdict(list)
    stops: Times = defaultdict(list)
    with ExitStack() as stack:
        baked = [stack.enter_context(projects.baked(answers)) for answers in combinations]
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
    print(cost_table(names, cases, costs))
    if growths := growth_rows(names, cases, costs):
        print("", figures.table(["bytes grow", "from", "to", *names], growths), sep="\n")
    print("", time_table(names, latencies, stops), sep="\n")
    faults += budgets.missed(names[1:], costs, latencies)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def tokens(text: str) -> list[int]:
    """The numbers in a list such as 500,2000. Raises ValueError for anything else."""
    return [int(number) for number in text.split(",")]


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


if __name__ == "__main__":
    sys.exit(main())
