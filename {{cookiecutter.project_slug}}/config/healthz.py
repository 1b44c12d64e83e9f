"""`GET /healthz`: tells a load balancer that the process is alive."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class HealthCheck(MiddlewareMixin):
    """Answers before any other middleware, without a session, a query or a redirect to HTTPS.

    It also skips the check of ALLOWED_HOSTS, because a load balancer requests the page by the IP
    address of the server.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.path == f"{settings.PATH_PREFIX}/healthz":
            return HttpResponse("ok", content_type="text/plain")
        return None
