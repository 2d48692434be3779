"""App configuration of expansion."""

from django.apps import AppConfig


class ExpansionConfig(AppConfig):
    name = "expansion"

    def ready(self) -> None:
        from expansion import account_hooks  # noqa: PLC0415 - models are there only now

        account_hooks.register()
