"""Routes below /t/<slug>/ of the health floor."""

from typing import Any

urlpatterns: list[Any] = []
