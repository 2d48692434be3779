"""The composition root as an app: it owns commands and tasks, and plugs the pipeline into the kernel's work list."""

from django.apps import AppConfig


class PlatformConfig(AppConfig):
    name = "cs_platform"
    label = "platform"

    def ready(self) -> None:
        from cs_platform import pipeline  # the models of every floor are loaded only now

        pipeline.install()
