"""Settled turns, the same above a baked project's reply and above the floor's."""

PARAGRAPH = (
    "The tide **comes in** twice a day, and `depth()` tells how far. See the "
    "[table of tides](https://example.com/tides) for the hours, and mind the *sandbank*.\n\n"
    "- The first buoy is green.\n- The second is red.\n\n"
    "```python\nprint(depth(12))\n```\n\n"
)


def settled_turns(number: int) -> list[tuple[str, str]]:
    """That many prompts, each with a reply of 4 kB of Markdown."""
    reply = PARAGRAPH * (4000 // len(PARAGRAPH))
    return [(f"What about turn {turn}?", reply) for turn in range(1, number + 1)]
