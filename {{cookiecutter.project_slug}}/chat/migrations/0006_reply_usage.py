"""A reply keeps what it used."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0005_tool_calls")]

    operations = [
        migrations.AddField(
            model_name="reply",
            name="cached_tokens",
            field=models.PositiveIntegerField(
                blank=True, help_text="Input tokens that the provider had cached", null=True
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="estimated_output_tokens",
            field=models.PositiveIntegerField(
                blank=True, help_text="Where the provider did not say how many", null=True
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="first_token_seconds",
            field=models.FloatField(blank=True, null=True),
        ),
        migrations.AddField(
            model_name="reply",
            name="is_from_cache",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="reply",
            name="reasoning_tokens",
            field=models.PositiveIntegerField(
                blank=True, help_text="Output tokens that were reasoning", null=True
            ),
        ),
        migrations.AddField(
            model_name="reply",
            name="rounds",
            field=models.PositiveSmallIntegerField(default=0, help_text="Requests that were sent"),
        ),
        migrations.AddField(
            model_name="reply",
            name="seconds",
            field=models.FloatField(blank=True, help_text="Without waiting for Allow", null=True),
        ),
    ]
