"""Routes outside of any company."""

from django.urls import path

from metrics.views import digests as digests_views

urlpatterns = [path("digests/stop/<str:token>/", digests_views.stop, name="digest_stop")]
