"""Write the conversations of `switch.py`: run by it in a project, with the project's Python.

Prints JSON: the name and value of the visitor's cookie, and the ids of three conversations.
"""

import json
import os
import random
import sys
from datetime import timedelta

sys.path.insert(0, os.getcwd())
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"

import django

django.setup()

from chat.models import Conversation, Reply, Turn  # noqa: E402
from chat.owners import Owner, remember  # noqa: E402
from django.http import HttpResponse  # noqa: E402
from django.utils import timezone  # noqa: E402
from fake_model import prose  # noqa: E402

OTHERS = 997
TOKENS = 300
ME = Owner(visitor="the-visitor-of-the-benchmark")


def conversation(title: str, hours: int, turns: int) -> str:
    """One that was last used so many hours ago. Returns its id."""
    active_at = timezone.now() - timedelta(hours=hours)
    row = Conversation.objects.create(**ME.fields, title=title, active_at=active_at)
    for number in range(turns):
        turn = Turn.objects.create(conversation=row, prompt=f"Question {number}")
        text = "".join(prose.mixed(random.Random(turn.pk), TOKENS))
        Reply.objects.create(conversation=row, turn=turn, text=text, status="complete")
    return str(row.pk)


lengths = {"The empty one": 0, "The usual one": 5, "The long one": 50}
ids = [conversation(title, hours, turns) for hours, (title, turns) in enumerate(lengths.items(), 1)]
for number in range(OTHERS):
    conversation(f"Number {number}", 4 + number, 5)
remember(ME, response := HttpResponse())
((name, cookie),) = response.cookies.items()
print(json.dumps([f"{name}={cookie.coded_value}", *ids]))
