"""App configuration of advocacy."""

from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from advocacy import account_hooks  # noqa: PLC0415 - models are there only now

        account_hooks.register()
