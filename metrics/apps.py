"""App configuration of metrics."""

from django.apps import AppConfig


class MetricsConfig(AppConfig):
    name = "metrics"

    def ready(self) -> None:
        from accounts import closed, kinds  # noqa: PLC0415 - models are there only now
        from expansion import norms  # noqa: PLC0415
        from metrics import settings_sections  # noqa: PLC0415
        from metrics.figures.grown import grown  # noqa: PLC0415
        from metrics.figures.questions import closed_months  # noqa: PLC0415
        from metrics.proof.reconciliation import BILLING  # noqa: PLC0415

        kinds.register(BILLING)
        settings_sections.register()
        if closed_months not in closed.CLOSED:
            closed.CLOSED.append(closed_months)
        if grown not in norms.MEASURED:
            norms.MEASURED.append(grown)
