"""Renders Markdown as safe HTML: what GitHub shows for the same text, and single line breaks too.

comrak does the rendering: it escapes raw HTML, and drops `javascript:` and `data:` addresses. The
rest is what its options do not offer.
"""

import re
from html import unescape

from comrak import ExtensionOptions, RenderOptions, markdown_to_html
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from chat.page import maths
from chat.page.highlighting import highlight
from chat.page.slow_markdown import is_slow


def _extensions(*, footnotes: bool) -> ExtensionOptions:
    return ExtensionOptions(
        alerts=True,
        autolink=True,
        footnotes=footnotes,
        math_dollars=True,
        math_latex=True,
        strikethrough=True,
        table=True,
        tasklist=True,
    )


EXTENSIONS = _extensions(footnotes=True)
BLOCK_EXTENSIONS = _extensions(footnotes=False)
RENDERING = RenderOptions(escape=True, hardbreaks=True)

# comrak writes these tags. It escapes "<" and quotes in text, so no text can look like them.
IMAGE = re.compile(r'<img src="([^"]*)" alt="([^"]*)"[^>]*>')
LINK = re.compile(r"<a .*?</a>", re.DOTALL)
LINK_TO_PAGE = re.compile(r'<a href="(?=(?i:https?://|mailto:))')
# An address on this site, or of an unknown kind, can only be a mistake of the model. Not the links
# between a footnote and its number.
OTHER_LINK = re.compile(r'<a (?=href=)(?!href="#fn[^"]*" (?:id="[^"]*" |class="[^"]*" )?data-foot)')
NEW_TAB = '<a rel="noopener noreferrer" target="_blank" '
TASK = re.compile(r'<input type="checkbox"( checked)?(?:="")? disabled="">(?: (\n<p>)?)?')
CODE_BLOCK = re.compile(r'<code class="language-([^" ]+)">(.*?)</code>', re.DOTALL)
# Raw HTML that GitHub shows: tags without attributes that change nothing outside their block.
TAG = re.compile(r"&lt;(br|/?(?:sub|sup|kbd|ins|del|mark|samp|var)) ?/?&gt;")
TAG_OR_CODE = re.compile(rf"<code.*?</code>|{TAG.pattern}", re.DOTALL)

# The text of a footnote: without the footnote it could be taken for the address of a link.
NOTE = re.compile(r"^(?= {0,3}\[\^)", re.MULTILINE)


def render(text: str) -> SafeString:
    """A whole text as safe HTML, with its footnotes at the end, and coloured code.

    Call it in a thread: colours take long. comrak releases the GIL.
    """
    html = _html(text, EXTENSIONS)
    return mark_safe(CODE_BLOCK.sub(_coloured, html))


def render_block(text: str, definitions: str = "", *, coloured: bool = False) -> SafeString:
    """A part of a text as safe HTML. `definitions` are lines with addresses of links.

    Footnotes are left as they are written: they are numbered through the whole text.
    """
    text = NOTE.sub(maths.INVISIBLE, text) if "[^" in text else text
    html = _html(f"{definitions}\n{text}" if definitions else text, BLOCK_EXTENSIONS)
    return mark_safe(CODE_BLOCK.sub(_coloured, html) if coloured else html)


def _html(text: str, extensions: ExtensionOptions) -> str:
    """`text` as safe HTML. Text that would take too long is shown as it stands."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if is_slow(text):
        return format_html("<pre>{}</pre>\n", text)
    html = markdown_to_html(maths.prepare(text), extensions, None, RENDERING)
    if TAG.search(html):
        html = TAG_OR_CODE.sub(lambda found: f"<{found[1]}>" if found[1] else found[0], html)
    html = maths.restore(html.replace(" />", ">"))
    if "<img " in html:
        html = _without_images(html)
    if "<a " in html:
        html = LINK_TO_PAGE.sub(f'{NEW_TAB}href="', html)
        html = OTHER_LINK.sub(f"{NEW_TAB}data-", html)
    if "<input " in html:
        html = TASK.sub(_task, html)
    return html


def _without_images(html: str) -> str:
    """`html` with a link for each image: loading it would tell its server who reads the reply.

    A link cannot be inside another, so an image in a link becomes its words.
    """
    html = LINK.sub(lambda link: IMAGE.sub(lambda image: image[2] or image[1], link[0]), html)
    return IMAGE.sub(lambda image: f'<a href="{image[1]}">{image[2] or image[1]}</a>', html)


def _task(box: re.Match[str]) -> str:
    name, checked = ("Done", " checked") if box[1] else ("To do", "")
    return f'{box[2] or ""}<input type="checkbox"{checked} disabled aria-label="{name}"> '


def _coloured(block: re.Match[str]) -> str:
    language = unescape(block[1])
    return f'<code class="language-{block[1]}">{highlight(unescape(block[2]), language)}</code>'
