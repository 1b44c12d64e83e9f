from django.apps import AppConfig


class SiteConfig(AppConfig):
    """Lets `manage.py` find the commands in `config/management/` and the checks of the settings."""

    name = "config"

    def ready(self) -> None:
        from config import checks  # noqa: F401  (registers them)
