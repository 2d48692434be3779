"""Routes outside of any company."""

from django.urls import path

from metrics import digests_views

urlpatterns = [path("digests/stop/<str:token>/", digests_views.stop, name="digest_stop")]
