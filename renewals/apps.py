"""App configuration of renewals."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "renewals"

    def ready(self) -> None:
        from renewals import account_hooks, settings_sections  # noqa: PLC0415 - models are there only now

        account_hooks.register()
        settings_sections.register()
