"""App configuration of renewals."""

from django.apps import AppConfig


class RenewalsConfig(AppConfig):
    name = "renewals"

    def ready(self) -> None:
        from accounts import kinds  # noqa: PLC0415 - models are there only now
        from renewals import account_hooks, import_kinds, settings_sections  # noqa: PLC0415

        kinds.register(*import_kinds.KINDS)
        account_hooks.register()
        settings_sections.register()
