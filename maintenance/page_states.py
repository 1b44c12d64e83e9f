"""The states of the page, and what a person does to see each of them."""

import re
import uuid
from collections.abc import Callable

from playwright.sync_api import Page, expect

WIDE = """/echo A table that is wider than the page:

| Harbour | Country | Depth at low water | Depth at high water | Tidal range | Pilot | Remarks |
| :-- | :-- | --: | --: | --: | :-: | :-- |
| Saint-Malo | France | 2.1 m | 13.9 m | 11.8 m | yes | One of the largest ranges in Europe |
| Cuxhaven | Germany | 14.5 m | 17.4 m | 2.9 m | yes | Where the Elbe meets the North Sea |

A line of code that is longer than it, `a_name_without_any_place_to_break_it_apart = 1`, and a word:
Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft.

```python
harbours = [Harbour(name="Saint-Malo", low=2.1, high=13.9), Harbour("Cuxhaven", low=14.5, high=17)]
```
"""
ARABIC = """/echo ## المدّ والجزر

المدّ هو **ارتفاع** الماء، والجزر انخفاضه. يقيسهما `tide()` كل ساعة:

1. القمر يجذب البحر.
2. الأرض تدور تحته.

> كل بحر له ساعته.

| الميناء | العمق |
| --- | --- |
| الإسكندرية | 12 |

```python
print(tide("الإسكندرية"))
```
"""
MATHS = r"""/echo The tide is $h(t) = A \cos(\omega t + \varphi)$ above the mean.

$$
T = \frac{2\pi}{\omega} \approx 12\,\mathrm{h}\ 25\,\mathrm{min}
$$

So \(2T\) is a lunar day.
"""
HISTORY = (
    "What makes the tide?",
    "Can you show me that as code? /code",
    "And as a table? /table 120",
    "Thanks! What else should I know? /long 300",
)
TITLES = (
    "ما الذي يسبب المدّ والجزر في المحيطات ولماذا يختلف؟",
    "Why is the tidal range of Saint-Malo so much larger than that of its neighbours?",
    "なぜ潮は満ち引きするのですか",
    "🌊",
)
LONG_TITLE = "The assistant of the department for tides, harbours, lighthouses and other waters"


def say(page: Page, prompt: str, status: str) -> None:
    """Send a prompt, and wait until its reply has that status and the controls show it."""
    replies = page.locator('article[data-role="assistant"]')
    reply = replies.nth(replies.count())
    page.get_by_role("textbox", name="Prompt").fill(prompt)
    page.keyboard.press("Enter")
    expect(reply).to_have_attribute("data-status", status, timeout=60_000)
    waited_for = "Stop" if status == "streaming" else "Send"
    expect(page.get_by_role("button", name=waited_for, exact=True)).to_be_enabled()


def said(prompt: str, status: str) -> Callable[[Page], None]:
    """The state after one prompt."""
    return lambda page: say(page, prompt, status)


def empty(page: Page) -> None:
    """Nothing has been said."""


def streaming(page: Page) -> None:
    """Half of a reply is there, and no more comes for now."""
    say(page, "/stall /long 160", "streaming")
    text = page.locator('article[data-role="assistant"] .text')
    expect(text).to_contain_text(re.compile(".{250}", re.DOTALL))


def reasoning(page: Page) -> None:
    """The reply is about to come, and the reader has opened its reasoning."""
    say(page, "/stall /think 120 /echo", "streaming")
    page.get_by_text("Reasoning", exact=True).click()
    thoughts = page.locator('article[data-role="assistant"] details')
    expect(thoughts).to_contain_text(re.compile(".{250}", re.DOTALL))


def reasoned(page: Page) -> None:
    """The reasoning is closed above the reply."""
    say(page, "/think What makes the tide?", "complete")


def asking(page: Page) -> None:
    """The model calls a tool that asks first."""
    say(page, '/tool wait {"seconds": 5}', "streaming")
    expect(page.get_by_role("button", name="Allow")).to_be_visible()


def called(page: Page) -> None:
    """The model has called two tools, and the reader has opened the first call."""
    say(page, "/tools", "complete")
    page.locator(".tool summary").first.click()


def cached(page: Page) -> None:
    """The reply comes from the cache. What is kept is kept just after the end of a reply."""
    for _ in range(3):
        new_chat(page)
        say(page, "/paragraph 40 What makes the tide?", "complete")
    expect(page.locator("article[data-cached]")).to_be_attached()


def stopped(page: Page) -> None:
    """The reply was stopped half-way."""
    streaming(page)
    page.keyboard.press("Escape")
    expect(page.locator('article[data-status="stopped"]')).to_be_attached()


def refused(page: Page) -> None:
    """The prompt is too long."""
    page.get_by_role("textbox", name="Prompt").fill("A long prompt. " * 600)
    page.get_by_role("button", name="Send").click()
    expect(page.get_by_role("alert")).to_contain_text("too long")


def draft(page: Page) -> None:
    """Several lines are being typed, under a reply."""
    say(page, "What makes the tide?", "complete")
    page.get_by_role("textbox", name="Prompt").fill("First line\nSecond line\n\nFourth line")


def history(page: Page) -> None:
    """Several turns, the end of which is out of sight."""
    for prompt in HISTORY:
        say(page, prompt, "complete")
    page.get_by_role("region", name="Conversation").hover()
    page.mouse.wheel(0, -900)
    expect(page.get_by_role("button", name="Jump to latest")).to_be_visible()


def versions(page: Page) -> None:
    """The first of two versions is shown."""
    say(page, "What makes the tide?", "complete")
    page.get_by_role("button", name="Regenerate", exact=True).click()
    expect(page.get_by_text("2 of 2")).to_be_visible()
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Previous version").click()
    expect(page.get_by_text("1 of 2", exact=True)).to_be_visible()


def editing(page: Page) -> None:
    """The last prompt is being edited."""
    versions(page)
    page.get_by_role("button", name="Edit", exact=True).click()


def several(page: Page) -> None:
    """One reply streams elsewhere, one has ended unread, and a third is shown."""
    say(page, "/stall /echo Where does the tide go?", "streaming")
    new_chat(page)
    say(page, "/long 40 Which harbours fall dry?", "streaming")
    new_chat(page)
    say(page, "What makes the tide?", "complete")
    open_list(page)
    expect(page.get_by_role("img", name="Unread")).to_be_visible()


def renaming(page: Page) -> None:
    """The title of a conversation is being written."""
    several(page)
    page.get_by_role("button", name="Rename").first.click()
    expect(page.get_by_role("textbox", name="Title")).to_be_focused()


def deleted(page: Page) -> None:
    """A conversation was deleted, and Undo is offered."""
    several(page)
    page.get_by_role("button", name="Delete", exact=True).last.click()
    open_list(page)
    expect(page.get_by_role("button", name="Undo")).to_be_visible()


def nothing_found(page: Page) -> None:
    """A search has found nothing."""
    several(page)
    page.get_by_role("searchbox", name="Search").fill("lighthouse keeper")
    expect(page.get_by_text("Nothing found.")).to_be_visible()


def found(page: Page) -> None:
    """A search has found a conversation by a word of its prompt."""
    several(page)
    page.get_by_role("searchbox", name="Search").fill("harbours")
    expect(page.get_by_role("link", name=re.compile("Where does"))).to_have_count(0)


def gone(page: Page) -> None:
    """The conversation that was pressed in the list is there no more."""
    several(page)
    link = page.get_by_role("link", name=re.compile("Where does"))
    link.evaluate("(link, id) => (link.dataset.conversation = id)", str(uuid.uuid4()))
    link.click()
    expect(page.get_by_role("alert")).to_be_visible()


def mirrored(page: Page) -> None:
    """The page of somebody who has translated it into Arabic or Hebrew."""
    several(page)
    page.locator("html").evaluate("html => (html.dir = 'rtl')")


def titles(page: Page) -> None:
    """Titles of several scripts and lengths."""
    for prompt in TITLES:
        new_chat(page)
        say(page, f"/echo {prompt}", "complete")
        rename(page, prompt)


def keys(page: Page) -> None:
    """The dialog that names the keys."""
    page.get_by_role("region", name="Conversation", exact=True).press("?")


def new_chat(page: Page) -> None:
    page.get_by_role("button", name="New chat").click()
    expect(page.locator(".turn")).to_have_count(0)
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_enabled()


def rename(page: Page, title: str) -> None:
    """Give the newest conversation a title."""
    page.get_by_role("button", name="Rename").first.click()
    page.get_by_role("textbox", name="Title").fill(title)
    page.keyboard.press("Enter")
    expect(page.get_by_role("link", name=title, exact=True)).to_be_visible()


def open_list(page: Page) -> None:
    """On a phone the list is behind a button."""
    toggle = page.get_by_role("button", name="Conversations", exact=True)
    if toggle.is_visible() and toggle.get_attribute("aria-expanded") == "false":
        toggle.click()


def long_title(page: Page) -> None:
    """The name of the project does not fit."""
    page.locator("h1").evaluate("(h1, title) => (h1.textContent = title)", LONG_TITLE)


def offline(page: Page) -> None:
    """The WebSocket cannot be opened."""
    page.route_web_socket("**/ws/live/", lambda socket: socket.close())
    page.reload()
    expect(page.get_by_role("alert")).to_contain_text("WebSocket")


def login(page: Page) -> None:
    """Nobody is logged in."""
    page.goto(page.url + "accounts/login/")


def login_refused(page: Page) -> None:
    """The password is wrong."""
    login(page)
    page.get_by_label("Username").fill("someone")
    page.get_by_label("Password").fill("wrong")
    page.get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()


def no_conversation(page: Page) -> None:
    """The address is that of somebody else's conversation."""
    page.goto(f"{page.url}c/{uuid.uuid4()}/")
    expect(page.get_by_role("heading", name="There is no such conversation here")).to_be_visible()


STATES: dict[str, Callable[[Page], None]] = {
    "empty": empty,
    "empty-with-a-key": empty,
    "waiting": said("/silent What makes the tide?", "streaming"),
    "reasoning": reasoning,
    "reasoned": reasoned,
    "streaming": streaming,
    "complete": said("What makes the tide?", "complete"),
    "markdown": said("/markdown", "complete"),
    "code": said("/code", "complete"),
    "wide": said(WIDE, "complete"),
    "right-to-left": said(ARABIC, "complete"),
    "limit": said("/length What makes the tide?", "complete"),
    "maths": said(MATHS, "complete"),
    "asking": asking,
    "called": called,
    "models": said("What makes the tide?", "complete"),
    "cached": cached,
    "stopped": stopped,
    "failed": said("/drop What makes the tide?", "failed"),
    "failed-at-once": said("/401 What makes the tide?", "failed"),
    "counting-down": said("/429 What makes the tide?", "failed"),
    "refused": refused,
    "draft": draft,
    "history": history,
    "versions": versions,
    "editing": editing,
    "several": several,
    "renaming": renaming,
    "deleted": deleted,
    "nothing-found": nothing_found,
    "found": found,
    "empty-list": empty,
    "gone": gone,
    "mirrored": mirrored,
    "titles": titles,
    "keys": keys,
    "long-title": long_title,
    "offline": offline,
    "login": login,
    "login-refused": login_refused,
    "no-conversation": no_conversation,
    "interrupted": streaming,
}
# Those of the server with a key, which needs no model, since nobody asks it.
WITH_A_KEY = {"empty-with-a-key", "login", "login-refused", "no-conversation"}
# Those of the server with a cache, and with more than one model to choose from.
WITH_A_CHOICE = {"models", "cached"}
# Those of the list of conversations: on a phone it is open.
OF_THE_LIST = {
    "several",
    "renaming",
    "deleted",
    "nothing-found",
    "found",
    "empty-list",
    "mirrored",
    "titles",
}
# Those that are shown in their whole height, too.
WHOLE = {"empty", "complete", "markdown", "code", "wide", "right-to-left"}
