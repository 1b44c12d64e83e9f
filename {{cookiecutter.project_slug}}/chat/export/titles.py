"""What an exported conversation is called, in its heading and as a file."""

import unicodedata

from django.utils.text import Truncator

LENGTH = 60  # characters
# Windows refuses these in the name of a file.
REFUSED = set('<>:"/\\|?*')
# They join letters and emoji. The other format characters may turn the order of what follows.
JOINERS = "\u200c\u200d"
# Windows refuses a dot or a blank at the end, others hide a file with a dot at its beginning.
UNUSED_AT_ENDS = f" .{JOINERS}"
NAMELESS = "conversation"


def title(name: str) -> str:
    """The heading: a conversation's title in one line, cut to 60 characters."""
    return Truncator(" ".join(name.split())).chars(LENGTH) or NAMELESS.capitalize()


def file_name(name: str) -> str:
    """The name of a Markdown file, without what a system or a header refuses."""
    kept = "".join(_kept(character) for character in name[: 10 * LENGTH])
    stem = " ".join(kept.split())[:LENGTH].strip(UNUSED_AT_ENDS)
    return f"{stem or NAMELESS}.md"


def _kept(character: str) -> str:
    is_control = unicodedata.category(character)[0] == "C" and character not in JOINERS
    return " " if is_control or character in REFUSED else character
