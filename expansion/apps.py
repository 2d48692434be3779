"""App configuration of expansion."""

from django.apps import AppConfig


class ExpansionConfig(AppConfig):
    name = "expansion"

    def ready(self) -> None:
        from accounts import kinds  # noqa: PLC0415 - models are there only now
        from expansion import account_hooks, import_kinds, settings_sections  # noqa: PLC0415

        kinds.register(*import_kinds.KINDS)
        account_hooks.register()
        settings_sections.register()
