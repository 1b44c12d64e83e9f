"""The page, with as many settled turns above as `?history=` says."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from turns import settled_turns


def page(request: HttpRequest) -> HttpResponse:
    """The turns as plain text."""
    return render(
        request, "page.html", {"turns": settled_turns(int(request.GET.get("history", 0)))}
    )


urlpatterns = [path("", page)]
