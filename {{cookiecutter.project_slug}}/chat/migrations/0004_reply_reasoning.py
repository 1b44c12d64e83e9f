"""A reply keeps the model's reasoning beside its text."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0003_conversation_of_user_or_visitor")]

    operations = [
        migrations.AddField(
            "reply",
            "reasoning",
            models.TextField(
                blank=True,
                default="",
                help_text="What the model thought first. It is never sent back",
            ),
        ),
    ]
