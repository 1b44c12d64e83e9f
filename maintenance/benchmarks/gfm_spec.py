"""Count how many examples of GitHub's specification a project renders alike, and name the others.

    my-chat/.venv/bin/python maintenance/benchmarks/gfm_spec.py spec.txt my-chat

`spec.txt` is `test/spec.txt` of github.com/github/cmark-gfm (CC BY-SA 4.0). Alike is what a reader
sees: the same elements, addresses and text. A line break for each line end is no difference.
"""

import re
import sys
from collections import Counter, defaultdict
from html.parser import HTMLParser
from pathlib import Path

EXAMPLE = re.compile(r"^`{32} example[^\n]*\n(.*?)^\.\n(.*?)^`{32}$|^#{1,6} ([^\n]*)$", re.M | re.S)
SEEN = ("title", "align", "start", "class", "type", "checked", "alt", "src")
EXTENSIONS = ("Tables", "Task list items", "Strikethrough", "Autolinks")


class Seen(HTMLParser):
    """The elements and the text of HTML, as a reader sees them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.parts: list[str] = []
        self.code = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "br" or (self.code and tag == "span"):
            self.parts.append(" ")
            return
        given = dict(attrs)
        seen = {name: given[name] or "" for name in SEEN if name in given}
        # The specification leaves a task's box disabled and unnamed, and so do we but for its name.
        address = given.get("href", given.get("data-href"))
        self.parts.append(f"<{tag} {seen} {address or ''}>")
        self.code += tag == "pre"

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("br", "hr") and not (self.code and tag == "span"):
            self.parts.append(f"</{tag}>")
        self.code -= tag == "pre"

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)

    def handle_data(self, data: str) -> None:
        self.parts.append(data)

    @property
    def whole(self) -> str:
        text = re.sub(r"\s+", " ", "".join(self.parts))
        return re.sub(r"\s*(</?\w+[^>]*>)\s*", r"\1", text).strip()


def main(spec: str, project: str) -> int:
    """Return 0; print what is alike in each section."""
    sys.path.insert(0, project)
    from chat.page.markdown import render
    from django.conf import settings

    settings.configure()
    alike: Counter[str] = Counter()
    all_: Counter[str] = Counter()
    others: defaultdict[str, list[int]] = defaultdict(list)
    section, number = "", 0
    for text, html, heading in EXAMPLE.findall(Path(spec).read_text(encoding="utf-8")):
        if heading:
            section = heading
            continue
        number += 1
        text, html = text.replace("→", "\t"), html.replace("→", "\t")
        ours = str(render(text))
        names = ["all"] + [name for name in EXTENSIONS if section.startswith(name)]
        same = Seen(ours).whole == Seen(html).whole
        for name in names:
            all_[name] += 1
            alike[name] += same
        if not same:
            others[reason(text, html, ours)].append(number)
    for name in ("all", *EXTENSIONS):
        print(f"{name}: {alike[name]} of {all_[name]} alike")
    for why, numbers in others.items():
        print(f"{why}: {len(numbers)}: {', '.join(map(str, numbers))}")
    return 0


def reason(text: str, html: str, ours: str) -> str:
    """Why an example differs."""
    if "<img" in html:
        return "an image is a link"
    if re.search(r"&lt;[a-zA-Z/!?]", ours) and re.search(r"<[a-zA-Z/!?]", text):
        return "raw HTML is shown as text"
    if 'class="math"' in ours:
        return "a formula is kept"
    if re.search(r"https?://|@", text) and "href" in ours and "<a" not in html.replace("</a", ""):
        return "a bare address is a link, as GitHub's own extension makes it"
    return "other"


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
