from django.apps import AppConfig

from chat import defaults_without_config


class ChatConfig(AppConfig):
    name = "chat"

    def ready(self) -> None:
        from chat import checks  # noqa: F401  (registers them)
        from chat.tools import checks as tool_checks  # noqa: F401  # tools

        defaults_without_config.apply()
