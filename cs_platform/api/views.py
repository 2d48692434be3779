"""The resources of the API: what each one is made of. How they behave stands in resources.py and writing.py."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import models
from accounts.enums import ChangeKind, ImportKind
from accounts.kinds import KINDS
from accounts.merging import (
    merge_products,
    read_product,
    void_subscription,
)
from cs_platform.api import queries, serializers
from cs_platform.api.intake import Door, Outcome, origin_of
from cs_platform.api.resources import Resource
from cs_platform.api.writing import BulkWritable, Writable
from cs_platform.kernel.errors import DomainError
from metrics.figures.currencies import with_currency
from metrics.insights.movements import with_notes
from metrics.models import MrrMovement

# What the MRR of a period is computed from.
TERMS = ("interval_months", "amount", "discount", "charge", "currency")


class Accounts(Writable):
    """Customer companies, by id or external id."""

    door = Door.of(ImportKind.ACCOUNTS, models.Account)
    example: ClassVar = {"external_id": "A-1", "name": "Northwind", "segment": "Enterprise", "signed_on": "2026-01-15"}

    model = models.Account
    serializer_class = serializers.Account
    query_class = queries.AccountQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "segment": "segment__name",
        "status": "status",
        "owner_email": "owner__user__email__iexact",
        "industry": "industry",
        "tier": "tier",
    }
    related = ("segment", "owner__user", "parent", "referred_by")


class Contacts(Writable):
    """People at the customers, by id or external id."""

    door = Door.of(ImportKind.CONTACTS, models.Contact)
    kept = ("external_id", "account", "name")
    example: ClassVar = {"external_id": "C-1", "account": "A-1", "name": "Ana Ruiz", "email": "ana@northwind.example"}

    model = models.Contact
    serializer_class = serializers.Contact
    query_class = queries.ContactQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "email": "email__iexact",
    }
    related = ("account",)


class Subscriptions(Writable):
    """Paid periods. `ext:` names the live period of a subscription that starts last; an id names one period."""

    door = Door.of(
        ImportKind.SUBSCRIPTIONS,
        models.Subscription,
        key={"subscription_id": "external_id", "start_date": "start_on"},
    )
    identity = ("external_id", "start_date")
    kept = (*identity, "account", "end_date", *TERMS, "mrr")
    example: ClassVar = {
        "external_id": "S-1",
        "account": "A-1",
        "product": "Cloud",
        "start_date": "2026-01-01",
        "end_date": "2027-01-01",
        "interval_months": 12,
        "amount": "12000.00",
        "currency": "USD",
    }

    model = models.Subscription
    serializer_class = serializers.Subscription
    query_class = queries.SubscriptionQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "external_id": "external_id",
        "product": "product__external_id",
        "currency": "currency",
        "voided": "voided",
    }
    related = ("account", "product", "plan")

    def by_external_id(self, rows: QuerySet, external_id: str) -> QuerySet:
        return rows.filter(external_id=external_id).order_by("voided", "-start_on")

    def keep(self, cells: dict[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
        """New terms make a new MRR, unless it is sent as well."""
        return cells if not set(TERMS) & set(body) else {name: cells[name] for name in cells if name != "mrr"}

    def change(self, row: Any, item: dict[str, Any]) -> Response:
        if row.voided:
            raise DomainError(_("This period is withdrawn. POST it again to bring it back."), code="withdrawn")
        return super().change(row, item)

    def came_back(self, outcome: Outcome) -> bool:
        versions = models.SubscriptionChange.objects.filter(subscription_id=outcome.id)
        latest = versions.order_by("recorded_at", "id").last()
        return outcome.status == "updated" and latest is not None and latest.kind == ChangeKind.RESTORED

    def destroy(self, request: Request, ref: str) -> Response:
        """Withdraw a period: it stays in the history and counts for nothing. Twice is as good as once."""
        row = self.locked(request, ref, {})
        if not row.voided:
            void_subscription(subscription=row, origin=origin_of(request))
        return self.represent(self.rows().get(id=row.id))


class SubscriptionChanges(Resource):
    """The history of paid periods: every version with when it is true, when it was learned of, and from whom."""

    model = models.SubscriptionChange
    serializer_class = serializers.SubscriptionChange
    query_class = queries.ChangeQuery
    lookups: ClassVar = {
        "account": "account__external_id",
        "subscription": "subscription_id",
        "recorded_since": "recorded_at__gte",
    }
    related = ("subscription", "account", "product", "plan")
    order = ("recorded_at", "id")


class Movements(Resource):
    """The MRR ledger. It follows from the subscriptions and is only read: a correction is made on the subscription
    and appears here as reversing lines."""

    model = MrrMovement
    serializer_class = serializers.Movement
    query_class = queries.MovementQuery
    lookups: ClassVar = {
        "account": "account__external_id",
        "month": "month",
        "kind": "kind",
        "effective_reason": "effective_reason",
        "cs_owned": "cs_owned",
        "recorded_since": "recorded_at__gte",
    }
    related = ("account", "subscription", "change")
    order = ("recorded_at", "id")

    def rows(self) -> QuerySet:
        tenant: models.Tenant = self.request.tenant  # type: ignore[attr-defined]
        return with_currency(with_notes(super().rows()), tenant.currency)


class Products(Writable):
    """What is sold. A product also comes into being by the first subscription that names it."""

    door = Door(read_product, merge_products, models.Product, {"external_id": "product"}, {"product": "external_id"})
    example: ClassVar = {"external_id": "cloud", "name": "Cloud"}
    model = models.Product
    serializer_class = serializers.Product
    query_class = queries.SyncedQuery
    lookups: ClassVar = {"updated_since": "updated_at__gte"}


class Segments(Resource):
    """The tenant's segments."""

    model = models.Segment
    serializer_class = serializers.Segment
    query_class = queries.ListQuery
    order = ("id",)


class FxRates(BulkWritable):
    """Exchange rates at the end of each month. A rate that is sent again with another value takes the old one's place,
    and the old one stays on record."""

    door = Door.of(
        ImportKind.FX_RATES,
        models.FxRate,
        columns={},
        key={n: n for n in KINDS[ImportKind.FX_RATES].key},
        versioned=False,
    )
    example: ClassVar = {"month": "2026-10", "base": "EUR", "quote": "USD", "rate": "1.0823"}
    model = models.FxRate
    serializer_class = serializers.FxRate
    query_class = queries.FxRateQuery
    lookups: ClassVar = {"month": "month", "base": "base", "quote": "quote"}
    order = ("id",)


class Schema(SpectacularJSONAPIView):
    """OpenAPI 3; open to everybody, since it shows nothing of a tenant."""


class Docs(SpectacularSwaggerSplitView):
    """The schema to read and to try, with its scripts and styles from this server."""

    template_name = "api/docs.html"
    template_name_js = "api/docs.js"
    title = "Setia API"
