from django.conf import settings
from django.contrib import admin
from django.contrib.auth.views import LoginView, LogoutView
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.templatetags.static import static
from django.urls import URLPattern, URLResolver, include, path


def icon(request: HttpRequest) -> HttpResponse:
    """Browsers ask for /favicon.ico where a page links no icon: the admin, JSON, plain text."""
    return redirect(static("chat/icon.svg"))


urlpatterns: list[URLPattern | URLResolver] = [
    path("favicon.ico", icon),
    path("admin/", admin.site.urls),
    path("accounts/login/", LoginView.as_view(template_engine="django"), name="login"),
    path("accounts/logout/", LogoutView.as_view(), name="logout"),
    path("", include("chat.urls")),
]

if settings.PATH_PREFIX:
    urlpatterns = [path(f"{settings.PATH_PREFIX[1:]}/", include(urlpatterns))]
