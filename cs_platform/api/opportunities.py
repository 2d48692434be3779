"""Opportunities and signals of expansion over HTTP: the same door that files come by, and the verbs of a deal (EXP-05, API-01)."""

from typing import Any, ClassVar

from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.enums import ImportKind
from accounts.models import Plan, Product
from cs_platform.api.idempotency import idempotent
from cs_platform.api.intake import Door
from cs_platform.api.queries import ListQuery, NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import Money, choice, shown
from cs_platform.api.writing import Versioned, Writable, asked, member_of
from cs_platform.kernel.money import from_minor, to_minor
from expansion import closing, models, services
from expansion.enums import DealKind, DealStage, LossReason, Motion, SignalState, Trigger, WinReason
from journey.enums import HandoffState

_WRITE = refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)
_VERSION = "Like If-Match: 409 when it has changed."


def _named(source: str, text: str) -> Any:
    """A row that is named by its own key."""
    return serializers.CharField(source=source, required=False, allow_blank=True, allow_null=True, help_text=text)


class Opportunity(serializers.Serializer):
    """More that a customer may buy. Money is a year's, in `currency`; `stage` past `identified` asks for the right to an offer,
    or a reason in `override`. What is won by `POST …/win` has its contract written; a stage `won` that is sent here has not."""

    id = shown(serializers.UUIDField)
    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(source="account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField)
    name = serializers.CharField(max_length=200)
    amount = Money("amount_minor", help_text="More a year.")
    currency = serializers.CharField(required=False, help_text="ISO 4217; that of the company when it is not sent.")
    kind = choice(DealKind)
    motion = choice(Motion)
    trigger = choice(Trigger)
    product = _named("product.external_id", "External id of a product.")
    plan = _named("plan.name", "Name of a plan.")
    subscription = _named("subscription.external_id", "Subscription id of the contract that grows.")
    seats = serializers.IntegerField(required=False, allow_null=True, min_value=1)
    stage = choice(DealStage)
    stage_since = shown(serializers.DateField)
    chance = serializers.IntegerField(
        required=False, allow_null=True, min_value=0, max_value=100, help_text="In percent; null: that of the stage."
    )
    identified_on = serializers.DateField(required=False)
    close_on = serializers.DateField(required=False, allow_null=True)
    owner_email = _named("owner.user.email", "E-mail of a member; of a new one whoever looks after the account.")
    buyer = _named("buyer.external_id", "External id of a contact of the account.")
    case = serializers.CharField(required=False, allow_blank=True, max_length=4000)
    next_step = serializers.CharField(required=False, allow_blank=True, max_length=200)
    next_step_on = serializers.DateField(required=False, allow_null=True)
    override = serializers.CharField(
        required=False, allow_blank=True, max_length=500, help_text="Why it goes on although the right is not earned."
    )
    earned = shown(serializers.DictField, help_text="What the five checks said when it left the first stage.")
    handoff = shown(serializers.ChoiceField, "handoff.state", choices=HandoffState.choices, help_text="To sales.")
    handoff_due_on = shown(serializers.DateField, "handoff.due_on", help_text="By when sales is asked for its answer.")
    handoff_taker = shown(serializers.EmailField, "handoff.taker.user.email")
    closed_on = serializers.DateField(required=False, allow_null=True)
    loss = choice(LossReason)
    win = choice(WinReason)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    written_start_on = shown(
        serializers.DateField, "written.start_on", help_text="First day of the period that winning wrote."
    )
    signal_id = shown(serializers.UUIDField)
    version = serializers.IntegerField(required=False, help_text=_VERSION)
    created_at = shown(serializers.DateTimeField, "recorded_at")
    updated_at = shown(serializers.DateTimeField)


class OpportunityQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    owner = serializers.EmailField(required=False, help_text="E-mail of the member who carries it.")
    stage = serializers.ChoiceField(DealStage.choices, required=False)
    kind = serializers.ChoiceField(DealKind.choices, required=False)
    trigger = serializers.ChoiceField(Trigger.choices, required=False)
    close_since = serializers.DateField(required=False, help_text="Expected on or after this day.")
    close_until = serializers.DateField(required=False, help_text="Expected on or before this day.")


class Move(Versioned):
    """To another open stage; from a lost one back to an open one."""

    stage = serializers.ChoiceField(DealStage.choices)
    override = serializers.CharField(required=False, allow_blank=True, max_length=500)


class Win(Versioned):
    """What is agreed where it differs from the deal."""

    start_on = serializers.DateField(
        required=False, validators=[plausible], help_text="First day; today when not sent."
    )
    amount = serializers.DecimalField(
        max_digits=18,
        decimal_places=4,
        required=False,
        min_value=0,
        help_text="More a year, in the contract's currency.",
    )
    seats = serializers.IntegerField(required=False, allow_null=True, min_value=1, help_text="More seats.")
    plan = serializers.CharField(required=False, help_text="Name of a plan.")
    product = serializers.CharField(required=False, help_text="External id of a product.")
    term_months = serializers.IntegerField(
        required=False, min_value=1, max_value=closing.LONGEST, help_text="Of a new contract; a year when not sent."
    )
    reason = serializers.ChoiceField(WinReason.choices, required=False)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    override = serializers.CharField(required=False, allow_blank=True, max_length=500)


class Lose(Versioned):
    """Why, and on which day; today when it is not sent."""

    loss = serializers.ChoiceField(LossReason.choices)
    note = serializers.CharField(required=False, allow_blank=True, max_length=1000)
    closed_on = serializers.DateField(required=False, validators=[plausible])


class HandToSales(Versioned):
    """An offer of the deal to a member, who answers it as a handoff."""

    taker = serializers.EmailField(help_text="E-mail of a member.")
    due_on = serializers.DateField(required=False, validators=[plausible])
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class WritingLine(serializers.Serializer):
    """What happens to a period: it ends, changes or begins. MRR in `currency`."""

    entry = serializers.ChoiceField([(name, name) for name in ("ends", "changes", "begins")])
    subscription = serializers.CharField()
    day = serializers.DateField()
    currency = serializers.CharField()
    mrr_before = serializers.SerializerMethodField()
    mrr_after = serializers.SerializerMethodField()
    seats_before = serializers.IntegerField(allow_null=True)
    seats_after = serializers.IntegerField(allow_null=True)

    @extend_schema_field(serializers.CharField)
    def get_mrr_before(self, line: closing.Line) -> str:
        return str(from_minor(line.mrr_before, line.currency))

    @extend_schema_field(serializers.CharField)
    def get_mrr_after(self, line: closing.Line) -> str:
        return str(from_minor(line.mrr_after, line.currency))


class Writing(serializers.Serializer):
    """What winning would write."""

    rows = WritingLine(many=True)
    start_on = serializers.DateField()
    end_on = serializers.DateField(allow_null=True)


class Opportunities(Writable):
    """Opportunities, by id or external id."""

    door = Door.of(ImportKind.OPPORTUNITIES, models.Opportunity)
    kept = ("external_id", "account", "name", "amount")
    example: ClassVar = {
        "external_id": "OP-9", "account": "A-1", "name": "200 more seats", "amount": "36000.00", "kind": "seats", "seats": 200,
        "close_on": "2027-01-31",
    }  # fmt: skip
    model = models.Opportunity
    serializer_class = Opportunity
    query_class = OpportunityQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "owner": "owner__user__email",
        "stage": "stage",
        "kind": "kind",
        "trigger": "trigger",
        "close_since": "close_on__gte",
        "close_until": "close_on__lte",
    }
    related = ("account", "owner__user", "product", "plan", "subscription", "buyer", "written", "handoff__taker__user")

    @extend_schema(request=Move, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Opportunity, **_WRITE})
    def move(self, request: Request, ref: str) -> Response:
        """Bring a deal to another open stage; 422 `not_earned` names the checks that hold it."""
        row, values = asked(self, request, ref, Move)
        services.move_deal(deal=row, stage=values["stage"], override=values.get("override", ""), version=None, by=None)
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(parameters=ANSWER_HEADERS, responses={200: Writing, **refusals(400, 401, 403, 404, 422, 429, 503)})
    def winning(self, request: Request, ref: str) -> Response:
        """What winning would write today."""
        read_query(request, NoQuery)
        row = self.find(ref)
        return Response(Writing(closing.preview(row)).data)

    @extend_schema(
        request=Win,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS],
        responses={200: Opportunity, **_WRITE},
    )
    @idempotent
    def win(self, request: Request, ref: str) -> Response:
        """The deal is won: its contract is written."""
        row, values = asked(self, request, ref, Win)
        closing.win(
            deal=row,
            terms=_terms(row, values),
            version=None,
            by=None,
            reason=values.get("reason", ""),
            note=values.get("note", ""),
            override=values.get("override", ""),
        )
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(request=Versioned, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Opportunity, **_WRITE})
    def undo_win(self, request: Request, ref: str) -> Response:
        """As if it had not been won, while its month is not closed and nobody changed the contract since."""
        row, _values = asked(self, request, ref, Versioned)
        closing.undo_win(deal=row, version=None, by=None)
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(request=Lose, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Opportunity, **_WRITE})
    def lose(self, request: Request, ref: str) -> Response:
        """The deal is lost."""
        row, values = asked(self, request, ref, Lose)
        said = {"reason": values["loss"], "note": values.get("note", ""), "on": values.get("closed_on")}
        services.lose_deal(deal=row, version=None, by=None, **said)
        return self.represent(self.rows().get(id=row.id))

    @extend_schema(request=HandToSales, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Opportunity, **_WRITE})
    def hand(self, request: Request, ref: str) -> Response:
        """Offer the deal to sales; 409 while an offer waits."""
        row, values = asked(self, request, ref, HandToSales)
        said = {"due_on": values.get("due_on"), "reason": values.get("reason", "")}
        services.hand_to_sales(deal=row, taker=member_of("taker", values["taker"]), version=None, by=None, **said)
        return self.represent(self.rows().get(id=row.id))


class Signal(serializers.Serializer):
    """Why an account may grow, with what was measured; once for an account, a trigger and a cause."""

    id = shown(serializers.UUIDField)
    account = shown(serializers.CharField, "account.external_id", help_text="External id of an account.")
    account_id = shown(serializers.UUIDField)
    trigger = shown(serializers.ChoiceField, choices=Trigger.choices)
    cause = shown(serializers.CharField)
    product = shown(serializers.CharField, "product.external_id")
    track = shown(serializers.CharField, "track.external_id")
    inputs = shown(serializers.DictField, help_text="What was measured.")
    as_of = shown(serializers.DateField)
    state = shown(serializers.ChoiceField, choices=SignalState.choices)
    decided_on = shown(serializers.DateField)
    decided_by = shown(serializers.EmailField, "decided_by.user.email")
    note = shown(serializers.CharField)
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, "opened_at")


class SignalQuery(ListQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    trigger = serializers.ChoiceField(Trigger.choices, required=False)
    state = serializers.ChoiceField(SignalState.choices, required=False)
    since = serializers.DateField(required=False, help_text="Found on or after this day.")


class Take(Versioned):
    """The deal that is opened of a signal."""

    external_id = serializers.CharField(max_length=200, required=False)
    name = serializers.CharField(max_length=200, required=False)
    amount = serializers.DecimalField(max_digits=18, decimal_places=4, min_value=0, help_text="More a year.")
    currency = serializers.CharField(max_length=3, required=False)
    kind = serializers.ChoiceField(DealKind.choices, required=False)
    seats = serializers.IntegerField(required=False, min_value=1)
    close_on = serializers.DateField(required=False, validators=[plausible])


class Dismiss(Versioned):
    reason = serializers.CharField(required=False, allow_blank=True, max_length=500)


class Signals(Resource):
    """Signals, in the order in which they were found. The night finds and ends them; a program takes them up or dismisses them."""

    model = models.Signal
    serializer_class = Signal
    query_class = SignalQuery
    lookups: ClassVar = {
        "account": "account__external_id",
        "trigger": "trigger",
        "state": "state",
        "since": "as_of__gte",
    }
    related = ("account", "product", "track", "decided_by__user")
    order = ("id",)

    @extend_schema(
        request=Take,
        parameters=[IDEMPOTENCY_KEY, IF_MATCH, *ANSWER_HEADERS],
        responses={201: Opportunity, **_WRITE},
    )
    @idempotent
    def take(self, request: Request, ref: str) -> Response:
        """Open a deal of a signal; 409 when it was decided before."""
        row, values = asked(self, request, ref, Take)
        currency = values.get("currency") or request.tenant.currency  # type: ignore[attr-defined]
        own = {name: values[name] for name in ("name", "kind", "seats", "close_on", "external_id") if name in values}
        deal = services.take_signal(
            signal=row,
            version=None,
            by=None,
            currency=currency,
            amount_minor=to_minor(values["amount"], currency),
            **own,
        )
        deals = Opportunities(request=request)
        response = deals.represent(deals.rows().get(id=deal.id), status=201)
        response["Location"] = f"/api/v1/opportunities/{deal.id}"
        return response

    @extend_schema(request=Dismiss, parameters=[IF_MATCH, *ANSWER_HEADERS], responses={200: Signal, **_WRITE})
    def dismiss(self, request: Request, ref: str) -> Response:
        """There is nothing in it."""
        row, values = asked(self, request, ref, Dismiss)
        services.dismiss_signal(signal=row, reason=values.get("reason", ""), version=None, by=None)
        return self.represent(self.rows().get(id=row.id))


def _terms(row: models.Opportunity, values: dict[str, Any]) -> closing.Terms:
    """The terms of the body over those of the deal; ValidationError where a plan or product is not known."""
    usual = closing.usual_terms(row, values.get("start_on"))
    currency = row.subscription.currency if row.subscription else row.currency
    said: dict[str, Any] = {
        "start_on": usual.start_on,
        "amount_minor": to_minor(values["amount"], currency) if "amount" in values else usual.amount_minor,
        "seats": values.get("seats", usual.seats),
        "term_months": values.get("term_months", closing.YEAR),
        "plan": usual.plan,
        "product": usual.product,
    }
    for name, rows, column in (("plan", Plan.objects, "name"), ("product", Product.objects, "external_id")):
        if name in values:
            said[name] = rows.filter(**{column: values[name]}).first()
            if said[name] is None:
                raise ValidationError({name: [_("There is none of this name.")]})
    return closing.Terms(**said)
