"""Every route of the product. What a tenant owns hangs below /t/<slug>/."""

from typing import Any

from django.urls import include, path

from cs_platform import views

handler403 = "cs_platform.kernel.errors.forbidden"
handler404 = "cs_platform.kernel.errors.not_found"
handler500 = "cs_platform.kernel.errors.server_error"

tenant_patterns: list[Any] = [
    path("", views.home, name="home"),
    path("palette/", views.palette, name="palette"),
    path("runs/", include("cs_platform.runs_urls")),
    path("", include("health.urls")),
    path("", include("journey.urls")),
    path("", include("renewals.urls")),
    path("", include("advocacy.urls")),
    path("", include("expansion.urls")),
    path("", include("expansion.settings_urls")),
    path("", include("accounts.urls")),
    path("", include("metrics.urls")),
]

urlpatterns = [
    path("", views.front, name="front"),
    path("companies/", views.tenants, name="tenants"),
    path("healthz", views.healthz, name="healthz"),
    path("readyz", views.readyz, name="readyz"),
    path("auth/", include("allauth.urls")),
    path("", include("accounts.public_urls")),
    path("", include("journey.public_urls")),
    path("", include("renewals.public_urls")),
    path("", include("metrics.public_urls")),
    path("api/", include("cs_platform.api.urls")),
    path("v1/", include("cs_platform.api.segment_urls")),
    path("t/<slug:tenant>/", include(tenant_patterns)),
]
