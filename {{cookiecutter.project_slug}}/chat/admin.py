"""Conversations, to be read and deleted: what a reply holds is its running process's to write."""

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
    list_display = ["id", "created_at"]
    date_hierarchy = "created_at"
    readonly_fields = ["owner"]
    inlines = [TurnInline, ReplyInline]

    def has_add_permission(self, *args: Any) -> bool:
        return False
