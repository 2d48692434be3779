"""Plans with customers over HTTP: read, made from a template or from their milestones, changed as a whole (API-01, VAL-02)."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, extend_schema_field
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.models import Account, Contact, Tenant
from cs_platform.api.errors import Exists
from cs_platform.api.idempotency import idempotent
from cs_platform.api.queries import NoQuery, SyncedQuery, plausible, read_query
from cs_platform.api.resources import Resource
from cs_platform.api.schema import ANSWER_HEADERS, IDEMPOTENCY_KEY, IF_MATCH, refusals
from cs_platform.api.serializers import shown
from cs_platform.api.writing import Versioned, account_of, asked, member_of, read_body
from journey import models
from journey.enums import Blocker, PlanKind, PlanState
from journey.plans import services, templates
from journey.plans.progress import progress
from journey.plans.selectors import with_milestones
from journey.plans.whole import fill_plan, write_milestones
from journey.work import milestones

_OWNER = "E-mail of a member."
_THEIRS = "External id of a contact of the account."


class Milestone(serializers.Serializer):
    """A step of a plan. In a list that is sent, one with an `id` is changed, one without is new."""

    id = serializers.UUIDField(required=False)
    name = serializers.CharField(max_length=200, required=False)
    due_on = serializers.DateField(required=False, validators=[plausible])
    owner_email = serializers.EmailField(
        source="owner.user.email", required=False, allow_null=True, allow_blank=True, help_text=_OWNER
    )
    customer_owner = serializers.CharField(
        source="customer_owner.external_id", required=False, allow_null=True, allow_blank=True, help_text=_THEIRS
    )
    criterion = serializers.CharField(
        max_length=40, required=False, allow_blank=True, help_text="Key of a criterion of a stage that it shows."
    )
    done_on = serializers.DateField(required=False, allow_null=True, validators=[plausible])
    blocker = serializers.ChoiceField(
        Blocker.choices, required=False, allow_blank=True, help_text="What holds it up, by its code."
    )
    blocked_on = shown(serializers.DateField)
    note = serializers.CharField(max_length=500, required=False, allow_blank=True)
    needs = serializers.ListField(
        child=serializers.IntegerField(min_value=0),
        required=False,
        max_length=templates.MOST,
        help_text="What it waits for: positions in this list, counted from 0.",
    )

    def to_representation(self, row: models.Milestone) -> dict[str, Any]:
        places: Mapping[Any, int] = self.context["places"]
        shown_row = {name: field for name, field in self.fields.items() if name != "needs"}
        found = {name: _value(field, row) for name, field in shown_row.items()}
        return found | {"needs": sorted(places[need.needs_id] for need in row.needs.all() if need.needs_id in places)}


def _value(field: Any, row: Any) -> Any:
    value = row
    for name in field.source.split("."):
        value = getattr(value, name, None) if value is not None else None
    return None if value is None else field.to_representation(value)


class Progress(serializers.Serializer):
    """Milestones of a plan: all, done, due by yesterday, of these not done, and held up."""

    total = serializers.IntegerField()
    done = serializers.IntegerField()
    expected = serializers.IntegerField()
    late = serializers.IntegerField()
    blocked = serializers.IntegerField()


class Plan(serializers.Serializer):
    """What was agreed with a customer: milestones with a day, owners on both sides, and what holds them up."""

    id = shown(serializers.UUIDField)
    external_id = shown(serializers.CharField)
    account = shown(serializers.CharField, source="account.external_id", help_text="External id.")
    account_id = shown(serializers.UUIDField)
    kind = shown(serializers.ChoiceField, choices=PlanKind.choices)
    name = shown(serializers.CharField)
    goal = shown(serializers.CharField)
    template = shown(serializers.CharField)
    track = shown(serializers.CharField, source="track.external_id")
    owner_email = shown(serializers.EmailField, source="owner.user.email")
    customer_owner = shown(serializers.CharField, source="customer_owner.external_id")
    starts_on = shown(serializers.DateField)
    target_on = shown(serializers.DateField)
    state = shown(serializers.ChoiceField, choices=PlanState.choices)
    ended_on = shown(serializers.DateField)
    milestones = serializers.SerializerMethodField()
    progress = serializers.SerializerMethodField()
    version = shown(serializers.IntegerField)
    created_at = shown(serializers.DateTimeField, source="recorded_at")
    updated_at = shown(serializers.DateTimeField)

    @extend_schema_field(Milestone(many=True))
    def get_milestones(self, row: models.Plan) -> list[Any]:
        rows = list(row.milestones.all())
        places = {each.id: place for place, each in enumerate(rows)}
        return list(Milestone(rows, many=True, context={**self.context, "places": places}).data)

    @extend_schema_field(Progress)
    def get_progress(self, row: models.Plan) -> dict[str, int]:
        return Progress(progress(row.milestones.all(), self.context["today"])).data


class PlanBody(serializers.Serializer):
    """What is written of a plan."""

    name = serializers.CharField(max_length=200, required=False)
    goal = serializers.CharField(max_length=500, required=False, allow_blank=True)
    owner_email = serializers.EmailField(required=False, allow_null=True, allow_blank=True, help_text=_OWNER)
    customer_owner = serializers.CharField(required=False, allow_null=True, allow_blank=True, help_text=_THEIRS)
    starts_on = serializers.DateField(required=False, validators=[plausible])
    target_on = serializers.DateField(required=False, validators=[plausible])
    milestones = serializers.ListField(
        child=serializers.DictField(), required=False, max_length=templates.MOST, help_text="As they are read."
    )


class PlanChange(Versioned, PlanBody):
    """Fields that are not sent stay; `milestones` replaces the list: what is left out of it is removed."""

    state = serializers.ChoiceField(PlanState.choices, required=False)


class NewPlan(PlanBody):
    """A plan of an account, from a template or with its own milestones."""

    external_id = serializers.CharField(max_length=200)
    account = serializers.CharField(help_text="External id of an account.")
    starts_on = serializers.DateField(validators=[plausible])
    template = serializers.CharField(
        required=False,
        help_text="`enterprise`, `mid_market`, `smb`, `product_led`, `success` or `blank`; when neither it nor "
        "`milestones` is sent, the usual one of the account's segment.",
    )


class PlanQuery(SyncedQuery):
    account = serializers.CharField(required=False, help_text="External id of an account.")
    kind = serializers.ChoiceField(PlanKind.choices, required=False)
    state = serializers.ChoiceField(PlanState.choices, required=False)


class Plans(Resource):
    """Plans, in the order of their last change, each with its milestones."""

    model = models.Plan
    serializer_class = Plan
    query_class = PlanQuery
    lookups: ClassVar = {
        "updated_since": "updated_at__gte",
        "account": "account__external_id",
        "kind": "kind",
        "state": "state",
    }

    def rows(self) -> QuerySet:
        rows = with_milestones(models.Plan.objects.all())
        return rows.prefetch_related("owner__user", "milestones__owner__user")

    def find(self, ref: str, *, lock: bool = False) -> Any:
        row = super().find(ref)
        if lock:
            models.Plan.objects.select_for_update().get(id=row.id)
            row = super().find(ref)
        return row

    def _serializer(self, wanted: str = "", **options: Any) -> Any:
        serializer = super()._serializer(wanted, **options)
        tenant: Tenant = self.request.tenant  # type: ignore[attr-defined]
        context: Any = serializer.context
        context["today"] = tenant.today()
        return serializer

    @extend_schema(
        request=NewPlan,
        parameters=[IDEMPOTENCY_KEY, *ANSWER_HEADERS],
        responses={201: Plan, **refusals(400, 401, 403, 409, 413, 415, 422, 429, 503)},
    )
    @idempotent
    def create(self, request: Request) -> Response:
        """Make a plan; 409 when its external id is taken."""
        read_query(request, NoQuery)
        values = read_body(NewPlan, request.data)
        if models.Plan.objects.filter(external_id=values["external_id"]).exists():
            raise Exists(_("There is a row with this key."), fields={"external_id": _("It is taken.")})
        account = account_of(values["account"])
        given = values.pop("milestones", None)
        key = values.get("template")
        template = (
            templates.find(key) if key else templates.BLANK if given is not None else templates.usual(account.segment)
        )
        items = None if given is None else _items(given, account)
        plan = services.make_plan(
            account=account,
            template=template,
            starts_on=values["starts_on"],
            target_on=values.get("target_on") or _last_day(items),
            name=values.get("name", ""),
            goal=values.get("goal", ""),
            external_id=values["external_id"],
            **_owners(values, account),
            by=None,
        )
        if items is not None:
            fill_plan(plan=plan, items=items, by=None)
        return self.created(plan.id)

    @extend_schema(
        request=PlanChange,
        parameters=[IF_MATCH, *ANSWER_HEADERS],
        responses={200: Plan, **refusals(400, 401, 403, 404, 409, 413, 415, 422, 429, 503)},
    )
    def partial_update(self, request: Request, ref: str) -> Response:
        """Change a plan, its milestones, and whether it is done."""
        row, values = asked(self, request, ref, PlanChange)
        if values.get("state") == PlanState.ACTIVE:
            services.end_plan(plan=row, state=PlanState.ACTIVE, version=None, by=None)
        own = {name: values[name] for name in ("name", "goal", "starts_on", "target_on") if name in values}
        services.edit_plan(plan=row, values=own | _owners(values, row.account), version=None, by=None)
        if "milestones" in values:
            write_milestones(plan=row, items=_items(values["milestones"], row.account), by=None)
        if values.get("state") in (PlanState.DONE, PlanState.DROPPED):
            services.end_plan(plan=row, state=values["state"], version=None, by=None)
        milestones.settle(row)
        return self.represent(self.rows().get(id=row.id))


def _last_day(items: list[dict[str, Any]] | None) -> Any:
    return max((item["due_on"] for item in items or () if item.get("due_on")), default=None)


def _owners(values: Mapping[str, Any], account: Account) -> dict[str, Any]:
    """The rows of the owners that were sent; ValidationError where there is none of that name."""
    found: dict[str, Any] = {}
    if "owner_email" in values:
        email = values["owner_email"]
        found["owner"] = member_of("owner_email", email) if email else None
    if "customer_owner" in values:
        key = values["customer_owner"]
        found["customer_owner"] = Contact.objects.filter(account=account, external_id=key).first() if key else None
        if key and found["customer_owner"] is None:
            raise ValidationError({"customer_owner": [_("There is no such person at this account.")]})
    return found


def _items(given: list[Mapping[str, Any]], account: Account) -> list[dict[str, Any]]:
    """The milestones as they were sent, read and with the rows of their owners; ValidationError names the item."""
    items = []
    for place, each in enumerate(given):
        reader = Milestone(data=each, context={"places": {}})
        names = {name for name, field in reader.fields.items() if not field.read_only}
        where = f"milestones[{place}]"
        if unknown := sorted(set(each) - set(reader.fields)):
            raise ValidationError({f"{where}.{unknown[0][:80]}": [_("There is no such field.")]})
        if not reader.is_valid():
            raise ValidationError({f"{where}.{name}": problems for name, problems in reader.errors.items()})
        flat = {name: reader.validated_data[name] for name in names if name in reader.validated_data}
        if "owner_email" in each:
            flat["owner_email"] = each["owner_email"]
        if "customer_owner" in each:
            flat["customer_owner"] = each["customer_owner"]
        try:
            owners = _owners(flat, account)
        except ValidationError as error:
            detail: Any = error.detail
            raise ValidationError({f"{where}.{name}": text for name, text in detail.items()}) from None
        flat = {name: value for name, value in flat.items() if name not in ("owner_email", "customer_owner")}
        items.append(flat | owners)
    return items
