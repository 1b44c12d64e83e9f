"""A conversation has a title, and the time of its last activity; it can be unread, or deleted."""

from typing import Any

import django.db.models.manager
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models
from django.db.models import Max, OuterRef, Subquery

TITLE_CHARS = 80


def fill(apps: Any, schema_editor: Any) -> None:
    """Give old conversations the title and the time that new ones get."""
    conversation = apps.get_model("chat", "Conversation")
    turn = apps.get_model("chat", "Turn")
    first = turn.objects.filter(conversation=OuterRef("pk")).order_by("pk").values("prompt")[:1]
    rows = conversation.objects.annotate(
        first_prompt=Subquery(first), last_reply_at=Max("replies__created_at")
    ).order_by()
    changed = []
    for row in rows.iterator(chunk_size=500):
        line = next((line for line in (row.first_prompt or "").splitlines() if line.strip()), "")
        line = " ".join(line.split())
        row.title = line if len(line) <= TITLE_CHARS else line[: TITLE_CHARS - 1] + "…"
        row.active_at = row.last_reply_at or row.created_at
        changed.append(row)
        if len(changed) == 500:
            conversation.objects.bulk_update(changed, ["title", "active_at"])
            changed.clear()
    conversation.objects.bulk_update(changed, ["title", "active_at"])


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0009_reply_versions"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="title",
            field=models.CharField(blank=True, default="", max_length=200),
        ),
        migrations.AddField(
            model_name="conversation",
            name="active_at",
            field=models.DateTimeField(default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="is_unread",
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name="conversation",
            name="deleted_at",
            field=models.DateTimeField(blank=True, editable=False, null=True),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["user", "-active_at"], name="conversations_of_user"),
        ),
        migrations.AddIndex(
            model_name="conversation",
            index=models.Index(fields=["visitor", "-active_at"], name="conversations_of_visitor"),
        ),
        migrations.RunPython(fill, migrations.RunPython.noop),
    ]
