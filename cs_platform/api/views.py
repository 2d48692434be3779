"""The resources of the API: what each one is made of. How they behave stands in resources.py and writing.py."""

from typing import ClassVar

from django.db.models import QuerySet
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularSwaggerSplitView

from accounts import models
from cs_platform.api import queries, serializers
from cs_platform.api.resources import Resource
from metrics.models import MrrMovement


class Accounts(Resource):
    """Customer companies, by id or external id."""

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


class Contacts(Resource):
    """People at the customers, by id or external id."""

    model = models.Contact
    serializer_class = serializers.Contact
    query_class = queries.ContactQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "email": "email__iexact",
    }
    related = ("account",)


class Subscriptions(Resource):
    """Paid periods. `ext:` names the live period of a subscription that starts last; an id names one period."""

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
        "recorded_since": "recorded_at__gte",
    }
    related = ("account", "subscription", "change")
    order = ("recorded_at", "id")


class Products(Resource):
    """The products that subscriptions name."""

    model = models.Product
    serializer_class = serializers.Product
    query_class = queries.ListQuery
    order = ("id",)


class Segments(Resource):
    """The tenant's segments."""

    model = models.Segment
    serializer_class = serializers.Segment
    query_class = queries.ListQuery
    order = ("id",)


class FxRates(Resource):
    """Exchange rates at the end of each month. A rate that is sent again with another value takes the old one's place,
    and the old one stays on record."""

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
