"""Conversations, to read and delete. Only the process that streams a reply writes it."""

from typing import Any

from django.contrib import admin

from chat.models import Conversation, Reply, Turn


class ReadOnlyInline(admin.TabularInline):
    can_delete = False

    def has_add_permission(self, *args: Any) -> bool:
        return False

    def has_change_permission(self, *args: Any) -> bool:
        return False


class TurnInline(ReadOnlyInline):
    model = Turn


class ReplyInline(ReadOnlyInline):
    model = Reply
    fields = ["turn", "status", "text", "note", "input_tokens", "output_tokens", "ended_at"]


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ["id", "user", "created_at"]
    list_select_related = ["user"]
    date_hierarchy = "created_at"
    readonly_fields = ["user", "visitor"]
    inlines = [TurnInline, ReplyInline]

    def has_add_permission(self, *args: Any) -> bool:
        return False
