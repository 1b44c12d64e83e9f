"""djust's own renderer, and what it leaves to load."""

from djust import render_markdown

TEXTS = ["A <script>alert(1)</script>.\n", "[A link](javascript:alert(1)).\n"]
IMAGE = "![An image](https://example.com/1.png)\n"


async def main() -> str:
    """Returns the HTML of each text."""
    return "\n".join(f"{text.strip()}\n    {render_markdown(text)}" for text in [*TEXTS, IMAGE])
