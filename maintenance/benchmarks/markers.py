"""A reply whose words can be told apart, to see when each of them reaches the screen."""

import itertools

BLOCKS = (
    "## On the harbour {}\n\n",
    "The {} tide comes {} in twice **a day**, {} and a good {} map says `what` it {} omits.\n\n",
    "- The {} first buoy {} is green.\n- The second {} is red {} again.\n\n",
    "| Thing | Depth |\n| --- | --- |\n| buoy {} | 12 {} m |\n| ferry {} | 7 {} m |\n\n",
    "```python\ndepth = {} + 12\nprint( {} )\n```\n\n",
)


def prompt(size: int) -> str:
    """A prompt that the built-in model answers with mixed Markdown: `size` words, or a block more.

    Every few words there is a marker, q1q, q2q and so on. The model sends each as one token.
    """
    numbers = itertools.count(1)
    text = ""
    for block in itertools.cycle(BLOCKS):
        pieces = block.split("{}")
        text += pieces[0] + "".join(f"q{next(numbers)}q{piece}" for piece in pieces[1:])
        if len(text.split()) >= size:
            return f"/echo {text}"
    raise AssertionError("a cycle ended")


def sent(tokens: list[tuple[float, str]]) -> dict[int, float]:
    """When each marker was sent, of a reply's tokens with their times."""
    words = [(at, token.strip()) for at, token in tokens]
    return {
        int(word[1:-1]): at
        for at, word in words
        if len(word) > 2 and word[0] == word[-1] == "q" and word[1:-1].isdecimal()
    }
