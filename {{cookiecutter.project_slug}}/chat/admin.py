from django.contrib import admin

from chat.models import Conversation, Reply, Turn


class TurnInline(admin.TabularInline):
    model = Turn
    extra = 0


class ReplyInline(admin.TabularInline):
    model = Reply
    extra = 0
    fields = ["turn", "status", "text", "note", "input_tokens", "output_tokens", "ended_at"]
    readonly_fields = ["ended_at"]


@admin.register(Conversation)
class ConversationAdmin(admin.ModelAdmin):
    list_display = ["id", "created_at"]
    date_hierarchy = "created_at"
    inlines = [TurnInline, ReplyInline]
