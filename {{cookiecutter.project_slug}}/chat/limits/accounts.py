"""Decides before a request whether it may be sent, and counts it afterwards. Everything blocks.

A transaction locks the accounts that pay for a request, so that what is decided at the same moment,
in threads and processes alike, is decided one by one.
"""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet, Sum
from django.utils import timezone

from chat.limits import messages, payers
from chat.limits.estimate import input_tokens
from chat.limits.messages import LimitError
from chat.limits.models import Account, Reservation
from chat.models import Reply
from chat.provider.messages import Request

MINUTE = 60.0
# A reply that would have to be shorter is not begun.
LEAST_OUTPUT_TOKENS = 50


def is_on() -> bool:
    """Whether there is a limit. If not, nothing here is called."""
    return bool(settings.CHAT_DAILY_TOKENS_PER_USER or settings.CHAT_REQUESTS_PER_MINUTE)


def reserve(keys: Iterable[str], reply: Reply, request: Request) -> Request:
    """Reserve what a request may use, in the accounts with these keys.

    Where less is left than CHAT_MAX_OUTPUT_TOKENS, the request is returned with what is left as its
    limit, which the provider then keeps. Raises `LimitError`, and nothing is changed.
    """
    needed = input_tokens(request)
    with transaction.atomic():
        accounts = _lock_or_create(sorted(keys))
        for account in accounts:
            _count_request(account)
        own = [_own(account, reply) for account in accounts]
        granted = min(_grant(reservation, needed) for reservation in own)
        for reservation in own:
            reservation.tokens = needed + granted
            reservation.input_estimate += needed
            reservation.save()
            reservation.account.save()
    return replace(request, max_output_tokens=granted)


def reserve_more(reply: Reply, request: Request) -> Request:
    """`reserve` for another request of a reply, from the accounts that paid for the first."""
    keys = Account.objects.filter(reservations__reply=reply.pk).values_list("key", flat=True)
    return reserve(list(keys) or [payers.of_owner(reply.conversation)], reply, request)


def settle(reply: Reply) -> None:
    """Count what a reply has used, and give back what else it has reserved."""
    with transaction.atomic():
        keys = Account.objects.filter(reservations__reply=reply.pk).values_list("key", flat=True)
        for account in _lock(list(keys)):
            # Another process may have settled it, because it took this one for dead.
            for reservation in Reservation.objects.filter(account=account, reply=reply.pk):
                reservation.account = account
                _charge(reservation, reply)
                if reply.is_waiting:
                    # The row tells who pays for its next request.
                    reservation.tokens = 0
                    reservation.save()
                else:
                    reservation.delete()
            if reply.is_from_cache:
                del account.requests[-1:]
            account.save()


def settle_all(replies: "QuerySet[Reply]") -> None:
    """Settle replies whose process has died, by what it has saved of them."""
    if is_on():
        for reply in replies.filter(reservations__isnull=False).distinct():
            settle(reply)


def remove_old() -> None:
    """Remove the accounts that were not used since yesterday."""
    if is_on():
        Account.objects.filter(day__lt=_today() - timedelta(days=1)).delete()


def _lock(keys: list[str]) -> list[Account]:
    """Lock accounts, in the same order everywhere. SQLite locks its whole database instead."""
    return list(Account.objects.select_for_update().filter(key__in=keys).order_by("key"))


def _lock_or_create(keys: list[str]) -> list[Account]:
    today = _today()
    accounts = _lock(keys)
    if len(accounts) < len(keys):
        new = [Account(key=key, day=today) for key in keys]
        Account.objects.bulk_create(new, ignore_conflicts=True)
        accounts = _lock(keys)
    for account in accounts:
        if account.day < today:
            account.day, account.used = today, 0
    return accounts


def _count_request(account: Account) -> None:
    """Raise `LimitError` if the last minute had as many requests as a minute may have."""
    most = settings.CHAT_REQUESTS_PER_MINUTE
    if not most:
        return
    now = timezone.now().timestamp()
    recent = [sent for sent in account.requests if sent > now - MINUTE]
    if len(recent) >= most:
        raise LimitError(messages.too_many_requests(recent[-most] + MINUTE - now))
    account.requests = [*recent, now]


def _own(account: Account, reply: Reply) -> Reservation:
    """The reservation of a reply, after what it has used until now was counted."""
    reservation = account.reservations.filter(reply=reply.pk).first()
    if reservation is None:
        return Reservation(account=account, reply=reply, day=account.day)
    reservation.account = account
    _charge(reservation, reply)
    reservation.day = account.day
    return reservation


def _charge(reservation: Reservation, reply: Reply) -> None:
    """Count what a reply has used since it was last counted, unless that is another day's."""
    used = _used(reservation, reply)
    if reservation.day == reservation.account.day:
        reservation.account.used += max(used - reservation.counted, 0)
    reservation.counted = used


def _used(reservation: Reservation, reply: Reply) -> int:
    """The tokens of a reply, or an estimate of what its provider has not counted."""
    output = reply.output_tokens or reply.estimated_output_tokens or 0
    if reply.input_tokens is not None:
        return reply.input_tokens + output
    was_refused = reply.status == Reply.Status.FAILED and not output
    return 0 if was_refused or not reply.rounds else reservation.input_estimate + output


def _grant(reservation: Reservation, needed: int) -> int:
    """How many output tokens a request may have. Raises `LimitError`."""
    wanted = settings.CHAT_MAX_OUTPUT_TOKENS
    limit = settings.CHAT_DAILY_TOKENS_PER_USER
    if not limit:
        return wanted
    account = reservation.account
    others = Reservation.objects.filter(account=account, day=account.day).exclude(pk=reservation.pk)
    held = others.aggregate(held=Sum("tokens"))["held"] or 0
    least = needed + min(wanted, LEAST_OUTPUT_TOKENS)
    left = limit - account.used - held
    if left >= least:
        return min(wanted, left - needed)
    if least > limit:
        raise LimitError(messages.too_large(needed))
    raise LimitError(messages.in_flight() if left + held >= least else messages.used_up())


def _today() -> date:
    return timezone.localdate(timezone=timezone.get_default_timezone())
