"""Tables of the health floor: signals (usage, engagement, support, outcomes) and what is judged from them."""

from health.models.facts import (
    HeldTicket,
    Outcome,
    OutcomeMeasurement,
    Survey,
    Ticket,
    TicketChange,
    Touchpoint,
)
from health.models.scores import (
    Alert,
    AlertRule,
    AlertRun,
    Backtest,
    HealthModel,
    HealthModelVersion,
    HealthOverride,
    HealthScore,
)
from health.models.usage import (
    AccountDay,
    FeatureDay,
    HeldEvent,
    Receipt,
    UsageEvent,
    UsageKey,
    UsageTouched,
    UsageUser,
    UserMonth,
)

__all__ = [
    "AccountDay",
    "Alert",
    "AlertRule",
    "AlertRun",
    "Backtest",
    "FeatureDay",
    "HealthModel",
    "HealthModelVersion",
    "HealthOverride",
    "HealthScore",
    "HeldEvent",
    "HeldTicket",
    "Outcome",
    "OutcomeMeasurement",
    "Receipt",
    "Survey",
    "Ticket",
    "TicketChange",
    "Touchpoint",
    "UsageEvent",
    "UsageKey",
    "UsageTouched",
    "UsageUser",
    "UserMonth",
]
