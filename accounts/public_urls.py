"""Routes outside of any company."""

from django.urls import path

from accounts import public_views

urlpatterns = [
    path("join/<slug:slug>/<str:token>/", public_views.join, name="join"),
    path("profile/", public_views.profile, name="profile"),
    path("i18n/language/", public_views.set_language, name="set_language"),
]
