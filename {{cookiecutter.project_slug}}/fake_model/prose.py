"""The Markdown that the built-in model replies with."""

import random
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path

_TEXTS = Path(__file__).parent / "texts"

MARKDOWN = (_TEXTS / "markdown.md").read_text(encoding="utf-8")
CODE = (_TEXTS / "code.md").read_text(encoding="utf-8")
FENCES = re.findall(
    r"^```(\w+)\n(.*?)^```$",
    (_TEXTS / "fences.md").read_text(encoding="utf-8"),
    re.DOTALL | re.MULTILINE,
)
XSS = (_TEXTS / "xss.md").read_text(encoding="utf-8")

SENTENCES = (
    "A river is never the same width twice.",
    "Water that looks still is often the deepest.",
    "Most of a lighthouse is stairs.",
    "The moon pulls the sea, and the sea leans a little behind it.",
    "Every harbour keeps a book of the ships that came in.",
    "Salt makes water heavier, so the tide slides in **under** the river.",
    "A good map says what it leaves out.",
    "Fog is a cloud that has come to look at the ground. 🌫️",
    "On a clear night you can count the buoys by their colours. 🟢🔴",
    "A knot is right when it holds *and* can be untied.",
    "Set `depth` before you set `speed`.",
    "Old charts mark the depth in fathoms, and a fathom is six feet.",
    "The pilot knows the sandbank better than the sandbank knows itself.",
    "See the [table of tides](https://example.com/tides) for the hours.",
    "Im Hafen wartet man, und das Warten heißt Arbeit.",
    "潮の満ち引きは月の仕事です。",
    "It is two hours by boat, and *nearly* two days on foot.",
    "Nobody hurries on a ferry. ⛴️",
)

PLAIN = tuple(sentence for sentence in SENTENCES if not set("*`[") & set(sentence))

NOUNS = ("buoy", "chart", "ferry", "lantern", "pilot", "rope", "sandbank", "tide", "wharf")

CODE_LINES = (
    "def depth(hour: int) -> float:\n    return 4.2 + 1.8 * sin(hour / 12.4 * tau)\n\n\n",
    "for hour in range(24):\n    print(f'{hour:02}:00  {depth(hour):.1f} m')\n\n\n",
    "# Below two metres the ferry stays where it is.\n",
    'assert depth(3) > 2.0, "<aground> & waiting"\n\n\n',
    "harbour = [ship for ship in ships if ship.draught < depth(now)]\n",
)


def tokens(text: str) -> list[str]:
    """Split `text` into tokens of a few characters. Joined, they give `text` again."""
    return re.findall(r"\s*\S{1,6}|\s+", text)


def answer(rng: random.Random, asked: int) -> str:
    """An answer of about one screen.

    It states `asked`, the number of messages the user has written, so that a person can see that
    the model received the history.
    """
    things = "thing" if asked == 1 else "things"
    opening = f"You have asked me {asked} {things} so far."
    blocks = [_paragraph, _bullets, _code, _table, _quote]
    rng.shuffle(blocks)
    parts = [f"{opening} {_sentences(rng, 2)}", *(block(rng) for block in blocks[:3])]
    return "\n\n".join([*parts, _sentences(rng, 2)])


def mixed(rng: random.Random, size: int) -> list[str]:
    """`size` tokens of paragraphs, lists, tables, quotes, headings and code blocks."""
    blocks = [_heading, _paragraph, _bullets, _paragraph, _code, _table, _quote]
    return _grow("", lambda: rng.choice(blocks)(rng) + "\n\n", size)


def paragraph(rng: random.Random, size: int) -> list[str]:
    """`size` tokens in one paragraph."""
    return _grow("", lambda: rng.choice(SENTENCES) + " ", size)


def bullets(rng: random.Random, size: int) -> list[str]:
    """`size` tokens in one list."""
    return _grow("", lambda: f"- {rng.choice(SENTENCES)}\n", size)


def table(rng: random.Random, size: int) -> list[str]:
    """`size` tokens in one table."""
    return _grow(_TABLE_HEAD, lambda: _row(rng), size)


def codeblock(rng: random.Random, size: int) -> list[str]:
    """`size` tokens in one code block. The last token is the closing fence."""
    opened = _grow("```python\n", lambda: rng.choice(CODE_LINES), max(size - 1, 0))
    return [*opened, "\n```"]


def fences(rng: random.Random, size: int) -> list[str]:
    """`size` tokens in ten code blocks, each in another language."""
    pieces: list[str] = []
    for number, (language, code) in enumerate(FENCES, start=1):
        share = size * number // len(FENCES) - len(pieces)
        lines = code.splitlines(keepends=True)
        opened = _grow(f"```{language}\n", partial(rng.choice, lines), max(share - 1, 0))
        pieces += [*opened, "\n```\n\n"][:share]
    return pieces


def reasoning(rng: random.Random, size: int) -> list[str]:
    """`size` tokens of what a model says to itself: plain paragraphs."""
    return _grow("I am asked something. ", lambda: f"{rng.choice(PLAIN)} Or not?\n\n", size)


def _grow(start: str, more: Callable[[], str], size: int) -> list[str]:
    pieces = tokens(start)
    while len(pieces) < size:
        pieces += tokens(more())
    return pieces[:size]


_TABLE_HEAD = "| Thing | Depth | Remark |\n| :--- | ---: | --- |\n"


def _row(rng: random.Random) -> str:
    return f"| {rng.choice(NOUNS)} | {rng.randint(2, 99)} m | **{rng.choice(NOUNS)}** near |\n"


def _sentences(rng: random.Random, number: int) -> str:
    return " ".join(rng.sample(SENTENCES, number))


def _heading(rng: random.Random) -> str:
    return f"## On the {rng.choice(NOUNS)}"


def _paragraph(rng: random.Random) -> str:
    return _sentences(rng, rng.randint(3, 5))


def _bullets(rng: random.Random) -> str:
    marks = rng.choice((("- ",) * 4, ("1. ", "2. ", "3. ", "4. ")))
    lines = rng.sample(SENTENCES, len(marks))
    return "\n".join(mark + line for mark, line in zip(marks, lines, strict=True))


def _code(rng: random.Random) -> str:
    return f"```python\n{''.join(rng.sample(CODE_LINES, 2)).rstrip()}\n```"


def _table(rng: random.Random) -> str:
    return (_TABLE_HEAD + "".join(_row(rng) for _ in range(3))).rstrip()


def _quote(rng: random.Random) -> str:
    return f"> {_sentences(rng, 2)}"
