"""`GET /healthz`, for load balancers: the process answers."""

from django.http import HttpRequest, HttpResponse
from django.utils.deprecation import MiddlewareMixin


class HealthCheck(MiddlewareMixin):
    """Answers before any other middleware: no session, no database, no redirect to HTTPS.

    A load balancer asks for an address, which is not among the hosts that are allowed.
    """

    def process_request(self, request: HttpRequest) -> HttpResponse | None:
        if request.path == "/healthz":
            return HttpResponse("ok", content_type="text/plain")
        return None
