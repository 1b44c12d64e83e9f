"""The admin shows what replies used, and limits count it."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0007_conversation_model")]

    operations = [
        migrations.CreateModel(
            name="ReplyUsage",
            fields=[],
            options={
                "verbose_name": "usage",
                "verbose_name_plural": "usage",
                "proxy": True,
                "default_permissions": ["view"],
                "indexes": [],
                "constraints": [],
            },
            bases=("chat.reply",),
        ),
        migrations.CreateModel(
            name="Account",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=64, unique=True)),
                ("day", models.DateField(db_index=True)),
                (
                    "used",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Tokens of the replies that have ended, on this day"
                    ),
                ),
                (
                    "requests",
                    models.JSONField(
                        default=list,
                        help_text="Times of the last minute's requests, in seconds since 1970",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Reservation",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                ("tokens", models.PositiveBigIntegerField()),
                (
                    "input_estimate",
                    models.PositiveBigIntegerField(
                        default=0,
                        help_text="Of all its requests, where the provider does not count",
                    ),
                ),
                (
                    "counted",
                    models.PositiveBigIntegerField(
                        default=0, help_text="Tokens of the reply that are in its account already"
                    ),
                ),
                (
                    "account",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="reservations",
                        to="chat.account",
                    ),
                ),
                (
                    "reply",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="reservations",
                        to="chat.reply",
                    ),
                ),
            ],
        ),
    ]
