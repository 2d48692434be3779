"""HTMX: one URL, two answers. A page is one function, one template and named pieces of that template."""

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.contrib.messages import get_messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils.cache import patch_vary_headers


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    pieces: Sequence[str] = (),
    status: int = 200,
) -> HttpResponse:
    """Render the page, or the piece whose id HX-Target names if it stands in `pieces`.

    A restored history entry gets the whole page, and Vary keeps caches from mixing both.
    """
    name = template
    htmx = getattr(request, "htmx", None)
    if htmx and not htmx.history_restore_request and htmx.target in pieces:
        name = f"{template}#{htmx.target}"
    response = render(request, name, dict(context), status=status)
    patch_vary_headers(response, ["HX-Request", "HX-Target"])
    return response


def trigger(response: HttpResponse, event: str, detail: Any = None) -> HttpResponse:
    """Add an event to HX-Trigger, keeping those that are there."""
    events = json.loads(response.headers.get("HX-Trigger", "{}"))
    events[event] = detail if detail is not None else {}
    response["HX-Trigger"] = json.dumps(events)
    return response


def toast(response: HttpResponse, text: str, *, level: str = "success") -> HttpResponse:
    """Show `text` to the person once the answer is in place."""
    return trigger(response, "toast", {"level": level, "text": str(text)})


class HtmxRedirectMiddleware:
    """Redirects of HTMX requests become HX-Redirect (or a sign-in page would land inside a card); messages, toasts."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        if not getattr(request, "htmx", False):
            return response
        if isinstance(response, HttpResponseRedirect):
            answer = HttpResponse(status=204)
            answer["HX-Redirect"] = response["Location"]
            for cookie in response.cookies.values():
                answer.cookies[cookie.key] = cookie
            return answer
        for message in get_messages(request):
            toast(response, str(message), level=message.level_tag)
        return response
