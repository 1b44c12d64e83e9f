"""A conversation keeps its model and its system prompt, and a reply the model that wrote it."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0006_reply_usage")]

    operations = [
        migrations.AddField(
            model_name="conversation",
            name="model",
            field=models.CharField(
                blank=True,
                help_text="The one that was picked; empty: the default one",
                max_length=200,
            ),
        ),
        migrations.AddField(
            model_name="conversation",
            name="system_prompt",
            field=models.TextField(
                blank=True,
                help_text="As it was at the first prompt; unknown in older conversations",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="model",
            field=models.CharField(blank=True, max_length=200),
        ),
    ]
