"""App configuration of journey."""

from django.apps import AppConfig


class JourneyConfig(AppConfig):
    name = "journey"

    def ready(self) -> None:
        from journey import account_hooks  # noqa: PLC0415 - models are there only now

        account_hooks.register()
