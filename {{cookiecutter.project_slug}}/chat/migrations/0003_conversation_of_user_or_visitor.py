"""The constraint is a migration of its own: PostgreSQL alters no table with pending updates."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("chat", "0002_owner_is_user_or_visitor")]

    operations = [
        migrations.AlterField(
            "reply",
            "note",
            models.TextField(blank=True, help_text="The message shown with it: why it failed"),
        ),
        migrations.AddConstraint(
            "conversation",
            models.CheckConstraint(
                condition=models.Q(("user", None), ("visitor", ""), _connector="OR"),
                name="conversation_of_user_or_visitor",
            ),
        ),
    ]
