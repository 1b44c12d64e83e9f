"""The calls of tools are rows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0004_reply_reasoning")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="call_count",
            field=models.PositiveSmallIntegerField(
                default=0, help_text="How many tools it has called: none saves a query"
            ),
        ),
        migrations.CreateModel(
            name="ToolCall",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("round", models.PositiveSmallIntegerField()),
                ("position", models.PositiveIntegerField()),
                (
                    "call_id",
                    models.CharField(help_text="The provider's id of the call", max_length=200),
                ),
                ("name", models.CharField(max_length=200)),
                ("arguments", models.TextField(help_text="JSON, as the model wrote it")),
                (
                    "extra",
                    models.JSONField(
                        editable=False,
                        help_text="What the provider demands to get back with the call",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("running", "Running"),
                            ("complete", "Complete"),
                            ("failed", "Failed"),
                            ("stopped", "Stopped"),
                            ("denied", "Denied"),
                        ],
                        max_length=8,
                    ),
                ),
                ("result", models.TextField(blank=True, help_text="What the model was told")),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "reply",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tool_calls",
                        to="chat.reply",
                    ),
                ),
            ],
            options={
                "ordering": ["id"],
            },
        ),
    ]
