"""Routes below /t/<slug>/ of the journey floor."""

from typing import Any

from django.urls import include, path

# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = []

urlpatterns: list[Any] = [path("accounts/<uuid:account_id>/", include(ACCOUNT))]
