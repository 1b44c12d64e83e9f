"""As much Django as the relay needs."""

from pathlib import Path

SECRET_KEY = "for measuring only"
ALLOWED_HOSTS = ["127.0.0.1"]
ROOT_URLCONF = "floor.urls"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [Path(__file__).resolve().parent],
    }
]
USE_TZ = True
