"""App configuration of accounts."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    name = "accounts"

    def ready(self) -> None:
        from accounts import absence_files, import_kinds, kinds  # noqa: PLC0415 - models are there only now

        kinds.register(*import_kinds.KINDS, absence_files.KIND)
