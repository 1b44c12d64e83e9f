"""A reply may have a prompt of its own, and a turn the reply that it shows."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0008_usage_and_limits")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="prompt",
            field=models.TextField(
                blank=True,
                default="",
                help_text="The prompt as it was edited; empty: that of the turn",
            ),
        ),
        migrations.AddField(
            model_name="turn",
            name="shown",
            field=models.ForeignKey(
                blank=True,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="chat.reply",
            ),
        ),
    ]
