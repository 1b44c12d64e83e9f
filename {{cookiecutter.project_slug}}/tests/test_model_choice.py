"""Which models may be picked, by the settings alone."""

import pytest
from pytest_django import Settings

from chat import checks, error_messages, model_choice
from chat.models import Conversation
from chat.provider import names
from chat.provider.errors import ProviderError
from chat.provider.messages import Request, default_model


@pytest.mark.parametrize(
    ("model", "models", "offered", "default"),
    [
        ("", [], [], names.DEFAULT_MODEL),
        ("a", [], [], "a"),
        ("", ["a"], [], "a"),
        ("a", ["a"], [], "a"),
        ("", ["a", "b"], ["a", "b"], "a"),
        ("b", ["a", "b"], ["a", "b"], "b"),
        ("c", ["a", "b"], ["c", "a", "b"], "c"),
        ("", ["a", "b", "a"], ["a", "b"], "a"),
    ],
)
def test_what_is_offered(
    settings: Settings, model: str, models: list[str], offered: list[str], default: str
) -> None:
    settings.CHAT_MODEL, settings.CHAT_MODELS = model, models
    assert model_choice.offered() == offered
    assert default_model() == default
    assert Request([]).model == default


def test_a_pick_counts_only_while_it_is_offered(settings: Settings) -> None:
    conversation = Conversation(model="b")
    settings.CHAT_MODELS = ["a", "b"]
    assert model_choice.chosen(conversation) == "b"
    settings.CHAT_MODELS = ["a", "c"]
    assert model_choice.chosen(conversation) == "a"
    settings.CHAT_MODELS = []
    assert model_choice.chosen(conversation) == names.DEFAULT_MODEL


def test_a_default_model_that_is_not_listed_is_told(settings: Settings) -> None:
    settings.CHAT_MODEL, settings.CHAT_MODELS = "c", ["a", "b"]
    [warning] = checks.check_models()
    assert warning.id == "chat.W008"
    assert "CHAT_MODELS=c,a,b" in str(warning.hint)
    settings.CHAT_MODELS = ["a", "c"]
    assert checks.check_models() == []
    settings.CHAT_MODELS = []
    assert checks.check_models() == []


def test_an_unknown_model_is_said_to_be_where_it_was_read(settings: Settings) -> None:
    settings.CHAT_MODEL, settings.CHAT_MODELS = "a", ["a", "b"]
    unknown = ProviderError("model_unknown")
    picked = error_messages.for_error(unknown, "b")
    assert "does not know the model b. Pick another one, or correct CHAT_MODELS" in picked
    default = error_messages.for_error(unknown, "a")
    assert "does not know the model a. Set CHAT_MODEL " in default
    settings.CHAT_MODEL = ""
    assert "correct CHAT_MODELS" in error_messages.for_error(unknown, "a")
