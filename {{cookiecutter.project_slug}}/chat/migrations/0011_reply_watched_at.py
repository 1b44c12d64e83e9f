"""A reply says when a page of another process last showed it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0010_conversation_list")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="watched_at",
            field=models.DateTimeField(
                editable=False,
                help_text="When a page of another process last showed it",
                null=True,
            ),
        ),
    ]
