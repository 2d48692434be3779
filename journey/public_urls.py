"""Routes outside of any company: pages for customers, who have no account."""

from django.urls import path

from journey.views import customer, mail_stop

urlpatterns = [
    path("c/<slug:slug>/<str:token>/", customer.customer_link, name="customer_link"),
    path("c/<slug:slug>/mail/<str:token>/", mail_stop.mail_stop, name="mail_stop"),
]
