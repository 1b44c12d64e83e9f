"""The manager of conversations that hides deleted ones."""

from django.db import models


class NotDeleted(models.Manager):
    """Leaves out what was deleted, and can still be brought back by Undo (trash.py)."""

    def get_queryset(self) -> models.QuerySet:
        return super().get_queryset().filter(deleted_at=None)
