"""What a reader sees of Markdown that the server's HTML alone does not decide."""

from playwright.async_api import Page, expect

from tests.browser.actions import button, expect_status, last_reply, send, stop

DIRECTIONS = "blocks => blocks.map(it => getComputedStyle(it).direction)"
# The colours of all words of the code, and the places of its characters.
COLOURS = "it => [...it.querySelectorAll('*')].map(word => getComputedStyle(word).color)"
HEIGHT = "it => it.closest('.code').getBoundingClientRect().height"


async def test_each_block_runs_the_way_of_its_own_text(page: Page) -> None:
    await send(
        page,
        "/echo An English line.\n\n- פריט ראשון\n- פריט שני\n\n1. English\n   - פריט\n\n"
        "> ציטוט\n\n| עמודה |\n| --- |\n| תא |\n\n\n## כותרת\n\n- English",
    )
    await expect_status(page, "complete")
    text = last_reply(page).locator(".text")
    for _ in range(2):
        blocks = text.locator("> p, ul, ol, > blockquote, table, h2")
        directions = await blocks.evaluate_all(DIRECTIONS)
        assert directions == ["ltr", "rtl", "ltr", "rtl", "rtl", "rtl", "rtl", "ltr"]
        # The marker is beside the start of its item.
        item = text.locator("li").first
        await expect(item).to_have_css("direction", "rtl")
        await page.reload()


async def test_code_is_coloured_and_nothing_moves(page: Page) -> None:
    code = '```python\nimport re  # a comment\n\n\ndef f(x):\n    return "text", 1, True\n```'
    await send(page, f"/stall /echo {code}\n\n{'word ' * 60}")
    block = last_reply(page).locator("pre code")
    await expect(block.locator("span.k").first).to_have_text("import ")
    await page.emulate_media(color_scheme="light")
    height = await block.evaluate(HEIGHT)
    light = await block.evaluate(COLOURS)
    assert len(set(light)) >= 5
    await page.emulate_media(color_scheme="dark")
    dark = await block.evaluate(COLOURS)
    assert not set(light) & set(dark)
    # Its plain text takes the same room.
    await block.evaluate("it => { it.textContent = it.textContent; }")
    assert await block.evaluate(HEIGHT) == height
    await stop(page)


async def test_a_footnote_leads_to_its_text_and_stays_on_the_page(page: Page) -> None:
    await send(page, "/echo One.[^1]\n\n[^1]: Its text.")
    await expect_status(page, "complete")
    await send(page, "/echo Two.[^1]\n\n[^1]: Another text.")
    await expect_status(page, "complete")
    await last_reply(page).get_by_role("link", name="1", exact=True).click()
    await expect(page.locator(":target")).to_contain_text("Another text.")
    await expect(button(page, "Send")).to_be_enabled()
    await page.go_back()
    await expect(last_reply(page)).to_contain_text("Another text.")
