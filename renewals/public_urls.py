"""Routes outside of any company, for people who have no account: how easy it was, the quote of a renewal."""

from django.urls import path

from renewals.views import effort, quotes

urlpatterns = [
    path("c/<slug:slug>/effort/<str:token>/", effort.effort_link, name="effort_link"),
    path("c/<slug:slug>/effort/<str:token>/stop/", effort.effort_stop, name="effort_stop"),
    path("c/<slug:slug>/quote/<str:token>/", quotes.quote_link, name="quote_link"),
    path("c/<slug:slug>/quote/<str:token>/stop/", quotes.quote_stop, name="quote_stop"),
]
