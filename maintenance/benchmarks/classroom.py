"""Whether one server with one key serves a class: thirty pages, each with its own address.

Each page asks until a limit refuses it. Its answers must be its own, and so must its conversation
when it is loaded again. Then all pages come from one address, and share its limit.
"""

import http.client
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import NamedTuple

import figures
import projects
from model import PATIENCE_SECONDS, Model
from page import Page
from projects import Project
from server import Server

TOKENS_PER_SECOND = 50
REQUESTS_PER_MINUTE = 3
DAILY_TOKENS = 1500
# Longer than a reply of any of these prompts leaves of a day's tokens after two.
LONG = "/long 400"
# Of the sentences in chat/limits/messages.py.
REFUSALS = ("share this limit", "tokens a day")


class Turn(NamedTuple):
    """What became of a prompt: the seconds to its first text, or None if a limit refused it."""

    first_text: float | None
    tokens: int
    """Input and output together."""


def main() -> int:
    """Return 1 if a page got something of another, or a limit did not hold."""
    parser = projects.argument_parser(__doc__)
    parser.add_argument("--pages", type=int, default=30, help="(default: 30)")
    options = parser.parse_args()
    rows, faults = [], list[str]()
    for answers in projects.chosen(parser, options.answers):
        with projects.baked(answers) as project:
            for case in (requests_of_each, requests_of_one_address, tokens_of_each):
                row, wrong = case(project, options.pages)
                rows.append([project.name, *row])
                faults += [f"{project.name}: {fault}" for fault in wrong]
    heads = ["SDK and strategy", "limit", "pages", "prompts", "answered", "refused"]
    print(
        figures.table([*heads, "first text: median ms", "worst ms", "most tokens of a page"], rows)
    )
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def requests_of_each(project: Project, pages: int) -> tuple[list[str], list[str]]:
    limit = {"CHAT_REQUESTS_PER_MINUTE": str(REQUESTS_PER_MINUTE)}
    with served(project, limit) as (port, model):
        turns, faults = ask_all(port, pages, "/long 60", REQUESTS_PER_MINUTE + 1)
        if wrong := [page for page in turns if answered(page) != REQUESTS_PER_MINUTE]:
            faults.append(f"{len(wrong)} pages were not answered {REQUESTS_PER_MINUTE} times")
        if model.count() != pages * REQUESTS_PER_MINUTE:
            faults.append(f"the model got {model.count()} requests")
        return row(f"{REQUESTS_PER_MINUTE} requests a minute, of each", turns), faults


def requests_of_one_address(project: Project, pages: int) -> tuple[list[str], list[str]]:
    limit = {"CHAT_REQUESTS_PER_MINUTE": str(REQUESTS_PER_MINUTE)}
    with served(project, limit) as (port, model):
        turns, faults = ask_all(port, pages, "/long 60", 1, one_address=True)
        if model.count() != REQUESTS_PER_MINUTE:
            faults.append(f"the model got {model.count()} requests from one address")
        return row(f"{REQUESTS_PER_MINUTE} requests a minute, of one address", turns), faults


def tokens_of_each(project: Project, pages: int) -> tuple[list[str], list[str]]:
    limit = {"CHAT_DAILY_TOKENS_PER_USER": str(DAILY_TOKENS)}
    with served(project, limit) as (port, _model):
        turns, faults = ask_all(port, pages, LONG, 5)
        if any(tokens(page) > DAILY_TOKENS for page in turns):
            faults.append("a page got more tokens than it may use in a day")
        if any(answered(page) == len(page) for page in turns):
            faults.append("a page was never refused")
        return row(f"{DAILY_TOKENS} tokens a day, of each", turns), faults


@contextmanager
def served(project: Project, limit: dict[str, str]) -> Iterator[tuple[int, Model]]:
    """A server with a limit, and with a database without anybody's use."""
    with Model(project.folder, TOKENS_PER_SECOND) as model:
        database = project.folder / f"class-{time.monotonic_ns()}.sqlite3"
        environment = project.environment(model.base_url) | limit
        environment["DATABASE_URL"] = f"sqlite:///{database}"
        project.migrate(environment)
        with Server("config.asgi:application", project.folder, project.python, environment) as at:
            yield at.port, model


def ask_all(
    port: int, pages: int, prompt: str, times: int, *, one_address: bool = False
) -> tuple[list[list[Turn]], list[str]]:
    """All pages ask at once, each so many times. Return their turns, and what went wrong."""
    hosts = ["127.0.0.1" if one_address else f"127.0.1.{1 + each}" for each in range(pages)]
    words = [f"pupil{100 + each}" for each in range(pages)]
    with ThreadPoolExecutor(pages) as pool:
        asked = [
            pool.submit(ask, port, host, f"{prompt} {word}", times)
            for host, word in zip(hosts, words, strict=True)
        ]
        done = [each.result() for each in asked]
    faults = []
    for word, (turns, cookies) in zip(words, done, strict=True):
        html = get(port, cookies)
        if (word in html) != (answered(turns) > 0):
            faults.append(f"the page of {word} lost its conversation")
        if found := [other for other in words if other != word and other in html]:
            faults.append(f"the page of {word} shows {found}")
    return [turns for turns, _ in done], faults


def ask(port: int, host: str, prompt: str, times: int) -> tuple[list[Turn], str]:
    """Open a page, and ask so many times, or up to the first refusal."""
    turns: list[Turn] = []
    with Page(port, host) as page:
        while len(turns) < times and answered(turns) == len(turns):
            turns.append(turn(page, prompt))
        return turns, page.cookies


def turn(page: Page, prompt: str) -> Turn:
    asked = page.send("submit", prompt=prompt)
    first_text = None
    while True:
        frame = page.wait(lambda _: True)
        if frame.get("event") == "chat:text" and first_text is None:
            first_text = time.monotonic() - asked
        elif frame.get("event") == "chat:end":
            _, counts = frame["payload"]["usage"]
            return Turn(first_text, sum(counts.values()))
        elif any(words in str(frame) for words in REFUSALS):
            return Turn(None, 0)


def get(port: int, cookies: str) -> str:
    """The page as a reload shows it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_SECONDS)
    connection.request("GET", "/", headers={"Cookie": cookies})
    html = connection.getresponse().read().decode()
    connection.close()
    return html


def answered(turns: list[Turn]) -> int:
    return sum(each.first_text is not None for each in turns)


def tokens(turns: list[Turn]) -> int:
    return sum(each.tokens for each in turns)


def row(limit: str, pages: list[list[Turn]]) -> list[str]:
    turns = [each for page in pages for each in page]
    waited = [each.first_text for each in turns if each.first_text is not None]
    shown = [figures.milliseconds(figures.percentile(waited, percent)) for percent in (50, 100)]
    counts = [len(pages), len(turns), len(waited), len(turns) - len(waited)]
    return [limit, *map(str, counts), *shown, str(max(map(tokens, pages)))]


if __name__ == "__main__":
    sys.exit(main())
