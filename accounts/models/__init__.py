"""Models of the accounts floor, by noun."""

from accounts.models.customers import (
    Account,
    AccountChange,
    AccountEvent,
    Contact,
    ContactPast,
    Segment,
    in_sight_of,
)
from accounts.models.imports import Import, ImportChunk, ImportReject
from accounts.models.outgoing import MailOptOut, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.models.people import Absence, ApiKey, Invitation, Member, Role, SavedView, Team, User, in_care_of
from accounts.models.revenue import (
    AccountFeature,
    ChurnAnswer,
    ChurnReason,
    ChurnRule,
    Feature,
    FxRate,
    Plan,
    Product,
    Subscription,
    SubscriptionChange,
)
from accounts.models.tenants import BusinessHours, Holiday, Tenant

__all__ = [
    "Absence",
    "Account",
    "AccountChange",
    "AccountEvent",
    "AccountFeature",
    "ApiKey",
    "BusinessHours",
    "ChurnAnswer",
    "ChurnReason",
    "ChurnRule",
    "Contact",
    "ContactPast",
    "Feature",
    "FxRate",
    "Holiday",
    "Import",
    "ImportChunk",
    "ImportReject",
    "Invitation",
    "MailOptOut",
    "Member",
    "Plan",
    "Product",
    "Role",
    "SavedView",
    "Segment",
    "Subscription",
    "SubscriptionChange",
    "Team",
    "Tenant",
    "User",
    "WebhookAttempt",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "in_care_of",
    "in_sight_of",
]
