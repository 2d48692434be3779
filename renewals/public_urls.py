"""Routes outside of any company: how easy it was, said by people who have no account."""

from django.urls import path

from renewals.views import effort

urlpatterns = [
    path("c/<slug:slug>/effort/<str:token>/", effort.effort_link, name="effort_link"),
    path("c/<slug:slug>/effort/<str:token>/stop/", effort.effort_stop, name="effort_stop"),
]
