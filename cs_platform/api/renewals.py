"""Renewals over REST (REN-05, REN-10, API-01): contracts open and move them; a program says how one goes by the door that
files come by, calls it, and closes it with its contracts."""

from typing import Any, ClassVar

from django.db.models import Prefetch, QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import ChurnCategory, ImportKind, Profile
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import Door
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import Money, choice, shown
from cs_platform.api.writing import BulkWritable, Versioned, asked, member_of, object_of
from cs_platform.kernel.money import from_minor, to_minor
from renewals import closing, lifecycle, models, services
from renewals.enums import (
    Caller,
    Confidence,
    FailureReason,
    Intent,
    Part,
    Phase,
    RenewalState,
    Review,
    Stance,
    Step,
)
from renewals.formulas import confidence
from renewals.selectors import with_calls, with_money

_WRITE = refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_CHANCE: dict[str, Any] = {"max_digits": 5, "decimal_places": 2, "min_value": 0, "max_value": 100}


class Reported(Money):
    """A year's money in the company's currency, of a month's in minor units."""

    def to_representation(self, row: Any) -> str | None:
        minor = getattr(row, self.minor)
        return None if minor is None else str(from_minor(12 * minor, self.context["currency"]))


class RenewalLine(serializers.Serializer):
    """A contract that the renewal is about, and the period that followed it. MRR in `currency`."""

    subscription = shown(serializers.CharField, "subscription.external_id")
    subscription_id = shown(serializers.UUIDField, help_text="Of the period that ends.")
    start_on = shown(serializers.DateField, "subscription.start_on")
    end_on = shown(serializers.DateField, "subscription.end_on")
    currency = shown(serializers.CharField, "subscription.currency")
    mrr = serializers.SerializerMethodField()
    seats = shown(serializers.IntegerField, "subscription.seats")
    next_period_id = shown(serializers.UUIDField)

    def get_mrr(self, row: models.RenewalLine) -> str:
        return str(from_minor(row.subscription.mrr_minor, row.subscription.currency))


class RenewalStep(serializers.Serializer):
    """A step of the runway with its day."""

    step = shown(serializers.ChoiceField, choices=Step.choices)
    days = shown(serializers.IntegerField, help_text="Days before the contract ends.")
    due_on = shown(serializers.DateField)
    done_on = shown(serializers.DateField)
    done_by = shown(serializers.EmailField, "done_by.user.email")
    note = shown(serializers.CharField)


class RenewalCall(serializers.Serializer):
    """What somebody expects: the chance that it renews, in percent, and why."""

    caller = shown(serializers.ChoiceField, choices=Caller.choices)
    probability = shown(serializers.DecimalField, max_digits=5, decimal_places=2)
    reasons = shown(
        serializers.ListField,
        child=serializers.DictField(),
        help_text="`sign` and `text`; the system's have `key`, `inputs` and `points`, which add up to the chance.",
    )
    as_of = shown(serializers.DateField)
    member_email = shown(serializers.EmailField, "member.user.email", help_text="Null for the system and for programs.")
    called_at = shown(serializers.DateTimeField, "at")


class RenewalObjection(serializers.Serializer):
    """What speaks against renewing, in the customer's words; open until it is answered."""

    text = shown(serializers.CharField)
    reason = shown(serializers.ChoiceField, choices=FailureReason.choices)
    contact = shown(serializers.CharField, "contact.external_id", help_text="External id of a contact.")
    raised_on = shown(serializers.DateField)
    answer = shown(serializers.CharField)
    answered_on = shown(serializers.DateField)


class RenewalPerson(serializers.Serializer):
    """Somebody who has a part in the decision."""

    contact = shown(serializers.CharField, "contact.external_id", help_text="External id of a contact.")
    part = shown(serializers.ChoiceField, choices=Part.choices)
    stance = shown(serializers.ChoiceField, choices=Stance.choices)
    note = shown(serializers.CharField)


class Renewal(serializers.Serializer):
    """The contracts of one account that end on one day, and how their renewal goes. `due_on` is the first day unpaid."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200, required=False)
    account = serializers.CharField(
        source="account.external_id",
        required=False,
        help_text="External id of an account. In a bulk request account and `due_on` name a renewal without `external_id`.",
    )
    account_id = shown(serializers.UUIDField)
    due_on = serializers.DateField(required=False)
    opened_on = shown(serializers.DateField)
    profile = shown(serializers.ChoiceField, choices=Profile.choices)
    state = shown(serializers.ChoiceField, choices=RenewalState.choices)
    arr = Reported("mrr_minor", read_only=True, help_text="Due, a year in the company's currency.")
    phase = choice(Phase)
    phase_since = shown(serializers.DateField)
    intent = choice(Intent)
    likely_reason = choice(FailureReason)
    talked_on = shown(serializers.DateField)
    currency = shown(serializers.CharField, help_text="Of `offered`, `asked` and `floor`.")
    offered = Money("offered_minor", required=False, allow_null=True, help_text="A year.")
    asked = Money("asked_minor", required=False, allow_null=True, help_text="A year.")
    floor = Money("floor_minor", required=False, allow_null=True, help_text="A year.")
    term_months = serializers.IntegerField(required=False, allow_null=True, min_value=1, max_value=120)
    prepaid = serializers.BooleanField(required=False, allow_null=True)
    uplift = serializers.DecimalField(
        max_digits=6, decimal_places=2, required=False, allow_null=True, help_text="In percent."
    )
    approval = choice(Review)
    legal = choice(Review)
    procurement = choice(Review)
    next_step = serializers.CharField(required=False, allow_blank=True, max_length=200)
    next_step_on = serializers.DateField(required=False, allow_null=True)
    system_call = shown(serializers.DecimalField, "system", max_digits=5, decimal_places=2, help_text="In percent.")
    csm_call = serializers.DecimalField(
        source="csm", required=False, allow_null=True, help_text="In percent; sent with `csm_reason`.", **_CHANCE
    )
    csm_reason = serializers.CharField(write_only=True, required=False, max_length=300)
    csm_email = serializers.EmailField(write_only=True, required=False, help_text="Of the member who calls it.")
    leader_call = shown(serializers.DecimalField, "leader", max_digits=5, decimal_places=2)
    confidence = serializers.SerializerMethodField(help_text="Of the call that counts: leader's, CSM's, system's.")
    closed_on = shown(serializers.DateField)
    closed_by = shown(serializers.EmailField, "closed_by.user.email", help_text="Null where contracts closed it.")
    kept_arr = Reported("kept_mrr", read_only=True, help_text="What it was closed with, a year.")
    lines = RenewalLine(many=True, read_only=True)
    steps = RenewalStep(many=True, read_only=True)
    calls = RenewalCall(many=True, read_only=True, help_text="The latest of each caller.")
    objections = RenewalObjection(many=True, read_only=True)
    people = RenewalPerson(many=True, read_only=True, source="stakeholders")
    version = serializers.IntegerField(required=False, help_text="Like If-Match: 409 when it has changed.")
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)

    def get_confidence(self, row: Any) -> Confidence | None:
        return None if row.called is None else confidence(row.called)


class RenewalQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    owner = serializers.EmailField(required=False, help_text="E-mail of the member who looks after the account.")
    segment = serializers.CharField(required=False, help_text="Name of a segment.")
    state = serializers.ChoiceField(RenewalState.choices, required=False)
    phase = serializers.ChoiceField(Phase.choices, required=False)
    intent = serializers.ChoiceField(Intent.choices, required=False)
    due_since = serializers.DateField(required=False, help_text="Due on or after this day.")
    due_until = serializers.DateField(required=False, help_text="Due on or before this day.")
    closed_since = serializers.DateField(required=False, help_text="Decided on or after this day.")


class RenewalReason(serializers.Serializer):
    sign = serializers.ChoiceField([(sign, sign) for sign in services.SIGNS], required=False)
    text = serializers.CharField(max_length=services.REASON)


class NewRenewalCall(Versioned):
    """A call of a CSM or a leader. The system's is its own."""

    caller = serializers.ChoiceField([(each, each.label) for each in Caller if each != Caller.SYSTEM])
    probability = serializers.DecimalField(help_text="In percent.", **_CHANCE)
    reasons = RenewalReason(many=True, help_text="At least one, at most six.")
    member_email = serializers.EmailField(required=False, help_text="Who calls it; a leader's needs the right to it.")


class RenewalLineClose(serializers.Serializer):
    """What is agreed for one contract; as before where it is not sent."""

    subscription = serializers.CharField(help_text="External id of a subscription of the renewal.")
    amount = serializers.DecimalField(
        max_digits=18, decimal_places=4, min_value=0, required=False, help_text="A year, in the contract's currency."
    )
    seats = serializers.IntegerField(min_value=1, required=False)
    leaves = serializers.BooleanField(required=False, help_text="It ends while others go on.")


class RenewalClose(Versioned):
    """The decision, with what is agreed where it differs from before."""

    outcome = serializers.ChoiceField([(each, RenewalState(each).label) for each in lifecycle.ENDS])
    amount = serializers.DecimalField(
        max_digits=18,
        decimal_places=4,
        min_value=0,
        required=False,
        help_text="A year, of all contracts together, in their currency.",
    )
    seats = serializers.IntegerField(min_value=1, required=False)
    lines = RenewalLineClose(many=True, required=False)
    term_months = serializers.IntegerField(min_value=1, max_value=120, required=False)
    end_on = serializers.DateField(required=False, validators=[plausible])
    prepaid = serializers.BooleanField(required=False)
    last_day = serializers.DateField(
        required=False, validators=[plausible], help_text="The last day that is paid, of who leaves."
    )
    reason = serializers.ChoiceField(ChurnCategory.choices, required=False, help_text="Why they leave.")
    sub_reason = serializers.CharField(required=False, allow_blank=True, max_length=200)
    words = serializers.CharField(required=False, allow_blank=True, help_text="The customer's own.")
    effort = serializers.IntegerField(min_value=1, max_value=7, required=False, help_text="How easy it was for them.")


class CloseQuery(NoQuery):
    outcome = serializers.ChoiceField([(each, RenewalState(each).label) for each in lifecycle.ENDS])


class RenewalWritingLine(serializers.Serializer):
    """What happens to a contract on the day. MRR in `currency`."""

    entry = serializers.CharField()
    subscription = serializers.CharField(source="subscription.external_id")
    day = serializers.DateField()
    end_on = serializers.DateField(allow_null=True)
    currency = serializers.CharField()
    mrr_before = Money("mrr_before")
    mrr_after = Money("mrr_after")
    seats_before = serializers.IntegerField(allow_null=True)
    seats_after = serializers.IntegerField(allow_null=True)


class RenewalWriting(serializers.Serializer):
    """What closing would write, in all a month in `currency`, the company's."""

    rows = RenewalWritingLine(many=True)
    day = serializers.DateField()
    currency = serializers.CharField()
    mrr_before = Money("mrr_before")
    mrr_after = Money("mrr_after")
    leaves = serializers.BooleanField(help_text="The customer has no other contract.")
    save_play = serializers.CharField(source="save", help_text="What its save play ends as; empty without one.")


class Renewals(BulkWritable):
    """Renewals, in the order of their last change. They open, move and go with contracts; a row says how one goes."""

    door = Door.of(ImportKind.RENEWALS, models.Renewal)
    example: ClassVar = {
        "account": "A-1", "due_on": "2027-01-29", "phase": "proposed", "intent": "renew", "offered": "412000.00",
        "csm_call": "85", "csm_reason": "The new VP agreed to a call",
    }  # fmt: skip
    model = models.Renewal
    serializer_class = Renewal
    query_class = RenewalQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "owner": "account__owner__user__email",
        "segment": "account__segment__name",
        "state": "state",
        "phase": "phase",
        "intent": "intent",
        "due_since": "due_on__gte",
        "due_until": "due_on__lte",
        "closed_since": "closed_on__gte",
    }
    related = (
        "account", "closed_by__user", "lines__subscription", "steps__done_by__user", "objections__contact",
        "stakeholders__contact",
    )  # fmt: skip

    def rows(self) -> QuerySet:
        """With a month's money, the latest chance of each caller, and the calls that they stand in."""
        latest = models.RenewalCall.objects.order_by("renewal_id", "caller", "-at", "-id")
        latest = latest.distinct("renewal_id", "caller").prefetch_related("member__user")
        return with_calls(with_money(super().rows())).prefetch_related(Prefetch("calls", latest))

    def partial_update(self, request: Request, ref: str) -> Response:
        """Say how it goes: phase, intent, terms, reviews, next step, the CSM's call. Fields that are not sent stay."""
        body = object_of(request.data)
        row = self.locked(request, ref, body)
        self._one(body | {"external_id": row.external_id})
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(
        request=NewRenewalCall,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS],
        responses={200: Renewal, **_WRITE},
    )
    @idempotent
    def call(self, request: Request, ref: str) -> Response:
        """Say how likely it is that it renews, and why. The same again changes nothing."""
        row, values = asked(self, request, ref, NewRenewalCall)
        by = member_of("member_email", values["member_email"]) if "member_email" in values else None
        told = {name: values[name] for name in ("caller", "probability", "reasons")}
        services.call_renewal(renewal=row, version=None, by=by, **told)
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(
        parameters=[CloseQuery, *ANSWER_HEADERS],
        responses={200: RenewalWriting, **refusals(400, 401, 403, 404, 409, 422, 429, 503)},
    )
    def closing(self, request: Request, ref: str) -> Response:
        """What closing with this outcome would write today, on the terms of before."""
        query = read_query(request, CloseQuery)
        return Response(RenewalWriting(closing.preview(self.find(ref), query["outcome"])).data)

    @extend_schema(
        request=RenewalClose,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS],
        responses={200: Renewal, **_WRITE},
    )
    @idempotent
    def close(self, request: Request, ref: str) -> Response:
        """Decide it: the next period of each contract is written, or its end."""
        row, values = asked(self, request, ref, RenewalClose)
        said = {name: values[name] for name in ("reason", "sub_reason", "words", "effort") if name in values}
        terms = _terms(row, values)
        closing.close_renewal(renewal=row, outcome=values["outcome"], terms=terms, version=None, by=None, **said)
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(request=Versioned, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Renewal, **_WRITE})
    def undo(self, request: Request, ref: str) -> Response:
        """As if it had not been closed, while its month is not closed and nobody changed the contracts since."""
        row, _values = asked(self, request, ref, Versioned)
        closing.undo_close(renewal=row, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))


def _terms(row: models.Renewal, values: dict[str, Any]) -> closing.Terms:
    """The terms of the body; ValidationError for a contract that the renewal is not about, and for money that would be passed
    over."""
    own = {line.subscription.external_id: line.subscription for line in row.lines.all()}
    said: dict[str, Any] = {
        name: values[name] for name in ("seats", "term_months", "end_on", "prepaid", "last_day") if name in values
    }
    if "amount" in values:
        if values["outcome"] == RenewalState.RENEWED:
            raise ValidationError({"amount": [_("Renewed keeps the money; other money is expanded or contracted.")]})
        said["amount_minor"] = to_minor(values["amount"], row.currency)
    lines = {}
    for line in values.get("lines", ()):
        period = own.get(line["subscription"])
        if period is None:
            raise ValidationError({"lines": [_("There is no such contract in this renewal.")]})
        amount = to_minor(line["amount"], period.currency) if "amount" in line else None
        lines[period.id] = closing.LineTerms(amount, line.get("seats"), line.get("leaves", False))
    return closing.Terms(lines=lines, **said)
