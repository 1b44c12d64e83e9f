"""`owner`, a text, becomes `user`, a foreign key, or `visitor`. No conversation is lost.

The text was "user 5" for the user with the id 5, and otherwise the visitor.
"""

import django.db.models.deletion
from django.apps.registry import Apps
from django.conf import settings
from django.db import migrations, models
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

PREFIX = "user "


def owner_to_user(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    conversations = apps.get_model("chat", "Conversation").objects
    users = apps.get_model(settings.AUTH_USER_MODEL).objects
    owners = conversations.filter(visitor__startswith=PREFIX).order_by().values_list("visitor")
    for (owner,) in owners.distinct():
        # Conversations of a deleted user keep the text: only the admin shows them, as before.
        if user := users.filter(pk=owner.removeprefix(PREFIX)).first():
            conversations.filter(visitor=owner).update(user=user, visitor="")


def user_to_owner(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    conversations = apps.get_model("chat", "Conversation").objects
    for (user,) in conversations.exclude(user=None).order_by().values_list("user").distinct():
        conversations.filter(user=user).update(visitor=f"{PREFIX}{user}", user=None)


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("chat", "0001_initial"),
    ]

    operations = [
        migrations.RenameField("conversation", old_name="owner", new_name="visitor"),
        migrations.AlterField(
            "conversation",
            "visitor",
            models.CharField(blank=True, db_index=True, max_length=64),
        ),
        migrations.AddField(
            "conversation",
            "user",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="conversations",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunPython(owner_to_user, user_to_owner),
    ]
