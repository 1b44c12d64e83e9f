"""What the foot of a reply says of its use, and the attributes of its article."""

import pytest
from django.test import Client

from chat.models import Reply
from chat.page import usage
from fake_model.server import FakeModel
from tests import held_threads
from tests.live_page import open_page

Status = Reply.Status


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"input_tokens": 1200, "output_tokens": 340}, "Tokens: 1,200 in, 340 out."),
        (
            {
                "input_tokens": 1200,
                "cached_tokens": 1000,
                "output_tokens": 340,
                "reasoning_tokens": 50,
                "seconds": 4.21,
                "first_token_seconds": 0.84,
                "rounds": 3,
            },
            "Tokens: 1,200 in (1,000 cached), 340 out (50 reasoning), 3 requests. "
            "4.2 s, first token after 0.8 s.",
        ),
        ({"estimated_output_tokens": 57}, "Tokens: unknown in, about 57 out."),
        ({"input_tokens": 12}, "Tokens: 12 in, unknown out."),
        ({"seconds": 0.2}, ""),
        (
            {"input_tokens": 0, "output_tokens": 0, "is_from_cache": True},
            "From the cache, 0 tokens.",
        ),
    ],
)
def test_the_foot_says_what_is_known(fields: dict[str, object], text: str) -> None:
    assert usage.text(Reply(status=Status.COMPLETE, **{"rounds": 1, **fields})) == text


def test_an_attribute_is_absent_while_its_value_is_unknown() -> None:
    def html(**fields: object) -> str:
        return usage.context(Reply(**{"status": Status.COMPLETE, **fields}))["attributes"]

    both = 'data-input-tokens="12" data-output-tokens="3"'
    assert html(input_tokens=12, output_tokens=3) == both
    assert html(input_tokens=12, estimated_output_tokens=3) == 'data-input-tokens="12"'
    assert html(estimated_output_tokens=3) == ""
    zero = 'data-input-tokens="0" data-output-tokens="0"'
    assert html(input_tokens=0, output_tokens=0, is_from_cache=True) == zero
    assert html(input_tokens=12, output_tokens=3, status=Status.STREAMING) == ""


@pytest.mark.django_db(transaction=True)
async def test_it_comes_with_the_end_and_is_the_same_after_a_reload(model: FakeModel) -> None:
    client = Client()
    async with open_page(client) as page:
        with held_threads.of_model(model):
            await page.event("submit", prompt="/long 50")
            await page.until(lambda page: page.status == "streaming")
        await page.until(lambda page: page.status == "complete")
        text, attributes = page.usage
    row = await Reply.objects.aget()
    assert (row.input_tokens, row.output_tokens) == (
        attributes["data-input-tokens"],
        attributes["data-output-tokens"],
    )
    async with open_page(client) as page:
        assert f'<p class="usage">{text}</p>' in page.text
        assert all(f'{name}="{value}"' in page.text for name, value in attributes.items())
