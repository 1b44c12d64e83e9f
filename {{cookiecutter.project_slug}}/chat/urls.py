from django.urls import path

from chat.export import views as export_views  # export
from chat.page import views

urlpatterns = [
    path("", views.page, name="chat"),
    path("new/", views.page, {"new": True}, name="new"),
    path("c/<uuid:conversation_id>/", views.page, name="conversation"),
    path("c/<uuid:conversation_id>/replies/<int:reply_id>/", views.source),
    path("c/<uuid:conversation_id>/export/", export_views.one, name="export"),  # export
    path("export/", export_views.everything, name="export_all"),  # export
]
