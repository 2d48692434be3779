"""App configuration of the kernel."""

from django.apps import AppConfig


class KernelConfig(AppConfig):
    name = "cs_platform.kernel"
    label = "kernel"

    def ready(self) -> None:
        from cs_platform.kernel import checks  # noqa: F401  registers the system checks once models are loaded
