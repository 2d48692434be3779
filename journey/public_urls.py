"""Routes outside of any company: pages for customers, who have no account."""

from django.urls import path

from journey.views import customer

urlpatterns = [path("c/<slug:slug>/<str:token>/", customer.customer_link, name="customer_link")]
