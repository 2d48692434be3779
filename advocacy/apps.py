"""App configuration of advocacy."""

from django.apps import AppConfig


class AdvocacyConfig(AppConfig):
    name = "advocacy"

    def ready(self) -> None:
        from accounts import kinds  # noqa: PLC0415 - models are there only now
        from advocacy import account_hooks, import_kinds  # noqa: PLC0415

        kinds.register(*import_kinds.KINDS)
        account_hooks.register()
