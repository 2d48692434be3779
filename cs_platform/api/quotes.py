"""Quotes of renewals over REST (REN-07, API-01): read, made of the contracts, sent, withdrawn. Customers answer by their link."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Contact
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import Money, shown
from cs_platform.api.writing import Versioned, asked, read_body
from cs_platform.kernel.money import from_minor
from renewals import models, quote_mails, quotes
from renewals.enums import QuoteState, Unsent

_WRITE = refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)


class QuoteLine(serializers.Serializer):
    """What is offered for one contract, in the quote's currency."""

    subscription = shown(serializers.CharField, "subscription.external_id")
    subscription_id = shown(serializers.UUIDField)
    product = shown(serializers.CharField)
    seats = shown(serializers.IntegerField)
    before = serializers.SerializerMethodField(help_text="A year, until now.")
    year = serializers.SerializerMethodField()
    total = serializers.SerializerMethodField(help_text="Of the whole term.")

    def _money(self, row: models.QuoteLine, minor: int) -> str:
        return str(from_minor(minor, row.quote.currency))

    def get_before(self, row: models.QuoteLine) -> str:
        return self._money(row, row.before_minor)

    def get_year(self, row: models.QuoteLine) -> str:
        return self._money(row, row.year_minor)

    def get_total(self, row: models.QuoteLine) -> str:
        return self._money(row, row.total_minor)


class Quote(serializers.Serializer):
    """What a customer is offered for the next period of the contracts of a renewal. Accepted, it writes no contract: closing the
    renewal does."""

    id = shown(serializers.UUIDField)
    number = shown(serializers.CharField, "label")
    renewal = shown(serializers.CharField, "renewal.external_id", help_text="External id of the renewal.")
    renewal_id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "renewal.account.external_id", help_text="External id of the account.")
    state = shown(serializers.ChoiceField, choices=QuoteState.choices)
    automatic = shown(serializers.BooleanField, help_text="The night made it, and it goes without anybody.")
    made_by = shown(serializers.EmailField, "made_by.user.email", help_text="Null for the night and for programs.")
    contact = shown(serializers.CharField, "contact.external_id", help_text="Who gets it.")
    currency = shown(serializers.CharField)
    uplift = shown(serializers.DecimalField, max_digits=6, decimal_places=2, help_text="In percent.")
    term_months = shown(serializers.IntegerField)
    prepaid = shown(serializers.BooleanField)
    starts_on = shown(serializers.DateField)
    ends_on = shown(serializers.DateField, help_text="The first day after it.")
    year = Money("year_minor", read_only=True, help_text="A year.")
    total = Money("total_minor", read_only=True, help_text="Of the whole term.")
    valid_until = shown(serializers.DateField)
    goes_at = shown(serializers.DateTimeField, help_text="When it is sent; null while nobody sends it.")
    problem = shown(serializers.ChoiceField, choices=Unsent.choices, help_text="Why it did not go.")
    sent_at = shown(serializers.DateTimeField)
    decided_at = shown(serializers.DateTimeField)
    decided_by = shown(serializers.CharField, help_text="The name that the customer wrote.")
    decided_from = shown(serializers.IPAddressField, help_text="The address that the answer came from.")
    reason = shown(serializers.CharField, help_text="Why they declined it.")
    lines = QuoteLine(many=True, read_only=True)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class QuoteQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    renewal = serializers.CharField(required=False, help_text="External id of a renewal.")
    state = serializers.ChoiceField(QuoteState.choices, required=False)


class NewQuote(serializers.Serializer):
    """A draft; what is not sent is as the terms of the renewal say, else as the policy of the segment."""

    renewal = serializers.CharField(help_text="External id of an open renewal.")
    uplift = serializers.DecimalField(
        max_digits=6, decimal_places=2, min_value=-100, max_value=1000, required=False, help_text="In percent."
    )
    term_months = serializers.IntegerField(min_value=1, max_value=120, required=False)
    prepaid = serializers.BooleanField(required=False)
    valid_until = serializers.DateField(required=False, validators=[plausible])
    contact = serializers.CharField(required=False, help_text="External id of a contact; usually who decides.")


class QuoteAct(Versioned):
    """Nothing but the version."""


class Quotes(Resource):
    """Quotes, in the order of their last change."""

    model = models.Quote
    serializer_class = Quote
    query_class = QuoteQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "renewal__account__external_id",
        "renewal": "renewal__external_id",
        "state": "state",
    }
    related = ("renewal__account", "made_by__user", "contact", "lines__subscription")

    def find(self, ref: str, *, lock: bool = False) -> Any:
        """The renewal is locked before its quotes, as everywhere."""
        row = super().find(ref)
        if lock:
            models.Renewal.objects.select_for_update().get(id=row.renewal_id)
            row = super().find(ref, lock=True)
        return row

    @extend_schema(
        request=NewQuote,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Quote, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a draft of what the contracts of a renewal cost."""
        read_query(request, NoQuery)
        values = dict(read_body(NewQuote, request.data))
        renewal = models.Renewal.objects.filter(external_id=values.pop("renewal")).first()
        if renewal is None:
            raise ValidationError({"renewal": [_("There is no such renewal.")]})
        if "contact" in values:
            values["contact"] = _contact(renewal, values["contact"])
        return self.created(quotes.make_quote(renewal=renewal, values=values, by=None).id)

    @extend_schema(
        request=QuoteAct, parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS], responses={200: Quote, **_WRITE}
    )
    @idempotent
    def send(self, request: Request, ref: str) -> Response:
        """Send a draft to its contact now. 422 says what speaks against it."""
        row, _values = asked(self, request, ref, QuoteAct)
        return self._after(quote_mails.send_quote(quote=row, version=row.version, by=None))

    @extend_schema(
        request=QuoteAct, parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS], responses={200: Quote, **_WRITE}
    )
    @idempotent
    def withdraw(self, request: Request, ref: str) -> Response:
        """It counts no longer. Twice changes nothing."""
        row, _values = asked(self, request, ref, QuoteAct)
        return self._after(quotes.withdraw_quote(quote=row, version=row.version, by=None))

    def _after(self, row: models.Quote) -> Response:
        return self.represent(self.rows().get(id=row.id))


def _contact(renewal: models.Renewal, external_id: str) -> Contact:
    found = Contact.objects.filter(account=renewal.account_id, external_id=external_id).first()
    if found is None:
        raise ValidationError({"contact": [_("There is no such person at this account.")]})
    return found
