"""Tables of the renewals floor: contracts that come due, what is done about them, what is offered, what is expected."""

from renewals.models.motion import (
    EffortAsk,
    EffortRule,
    FrozenCall,
    Objection,
    Renewal,
    RenewalCall,
    RenewalLine,
    RenewalStep,
    Runway,
    SavePlay,
    Stakeholder,
)
from renewals.models.quotes import Flow, Quote, QuoteLine

__all__ = [
    "EffortAsk",
    "EffortRule",
    "Flow",
    "FrozenCall",
    "Objection",
    "Quote",
    "QuoteLine",
    "Renewal",
    "RenewalCall",
    "RenewalLine",
    "RenewalStep",
    "Runway",
    "SavePlay",
    "Stakeholder",
]
