"""A site that has `chat/` and not `config/` gets the same settings."""

from django.conf import settings

from chat.defaults_without_config import defaults

# Those that name this project, or that `tests/settings.py` sets.
DIFFERENT = {"CHAT_VISITOR_COOKIE", "CHAT_ENV_FILE", "CHAT_IDLE_TIMEOUT_SECONDS"}


def test_the_defaults_are_those_of_the_settings() -> None:
    ours = {name: getattr(settings, name) for name in dir(settings) if name.startswith("CHAT_")}
    assert ours.keys() == defaults().keys()
    same = ours.keys() - DIFFERENT
    assert {name: ours[name] for name in same} == {name: defaults()[name] for name in same}
