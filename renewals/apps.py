"""App configuration of renewals."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "renewals"
