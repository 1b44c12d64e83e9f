from django.urls import path

from chat.page import views

urlpatterns = [
    path("", views.page, name="chat"),
    path("new/", views.page, {"new": True}, name="new"),
    path("c/<uuid:conversation_id>/", views.page, name="conversation"),
]
