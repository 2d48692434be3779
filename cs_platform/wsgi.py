"""WSGI entry point for gunicorn."""

import os
from collections.abc import Callable, Iterable
from typing import Any

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "cs_platform.settings")
_django = get_wsgi_application()


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Django, whose `Connection: close` is heard: gunicorn leaves that header to itself and asks its own answer."""

    def start(status: str, headers: list[tuple[str, str]], *rest: Any) -> Any:
        end = getattr(getattr(start_response, "__self__", None), "force_close", None)
        if end and ("Connection", "close") in headers:
            end()
        return start_response(status, headers, *rest)

    return _django(environ, start)
