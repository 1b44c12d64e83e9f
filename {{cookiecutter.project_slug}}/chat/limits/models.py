"""What limits are counted by. No row is written while all limits are off."""

from django.db import models


class Account(models.Model):
    """What one user, visitor or address has used today, and when it sent its last requests.

    `key` is a salted hash (payers.py). Deleting a conversation changes nothing here.
    """

    key = models.CharField(max_length=64, unique=True)
    day = models.DateField(db_index=True)
    used = models.PositiveBigIntegerField(
        default=0, help_text="Tokens of the replies that have ended, on this day"
    )
    requests = models.JSONField(
        default=list, help_text="Times of the last minute's requests, in seconds since 1970"
    )

    def __str__(self) -> str:
        return f"{self.used} tokens on {self.day}"


class Reservation(models.Model):
    """Tokens that a reply may still use, or has used without being counted yet.

    A reply has one in each of its accounts: it is inserted while the account is locked.
    It outlives its reply: deleting a conversation while it streams must not make it free.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="reservations")
    reply = models.ForeignKey(
        "chat.Reply", on_delete=models.DO_NOTHING, db_constraint=False, related_name="reservations"
    )
    day = models.DateField()
    tokens = models.PositiveBigIntegerField()
    input_estimate = models.PositiveBigIntegerField(
        default=0, help_text="Of all its requests, where the provider does not count"
    )
    counted = models.PositiveBigIntegerField(
        default=0, help_text="Tokens of the reply that are in its account already"
    )

    def __str__(self) -> str:
        return f"{self.tokens} tokens"
