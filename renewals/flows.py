"""What the renewals of a segment do by themselves, and its policy for quotes (REN-07): by profile, or as a company wrote it."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext as _

from accounts.customers import refused
from accounts.enums import Profile
from accounts.models import Member, Segment
from cs_platform.kernel.edits import check_seen, put
from cs_platform.kernel.errors import Conflict
from renewals.models import Flow, Renewal

# A small customer is quoted without anybody; with the others somebody talks first.
BY_THEMSELVES = (Profile.SMB,)
TERMS = ("uplift", "term_months", "prepaid")
FIELDS = ("quotes", *TERMS, "valid_days")
LIMITS = {"uplift": (-100, 1000), "term_months": (1, 120), "valid_days": (1, 365)}


def own_flows() -> dict[UUID, Flow]:
    """The flows that the company wrote, by segment. One query."""
    return {row.segment_id: row for row in Flow.objects.all()}


def flow_of(segment: Segment | None, own: Mapping[UUID, Flow]) -> Flow:
    """The flow of a segment, its own or its profile's (which is not saved): the same money for a year, valid for 30 days."""
    found = own.get(segment.id) if segment else None
    if found is not None:
        return found
    quotes = segment is not None and segment.profile in BY_THEMSELVES
    return Flow(
        segment=segment, quotes=quotes, uplift=Decimal(0), term_months=12, prepaid=None, valid_days=30, version=0
    )


def terms_of(renewal: Renewal, flow: Flow) -> dict[str, Any]:
    """What a quote says unless somebody says otherwise: what was talked about with this customer, else the policy. Example: a
    renewal with a term of 24 months and nothing else said, of a policy of 5 %: 5 %, 24 months."""
    said = {name: getattr(renewal, name) for name in TERMS}
    return {name: getattr(flow, name) if value is None else value for name, value in said.items()}


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Those of `FIELDS` that are given, as they are kept; DomainError names the one that does not fit."""
    found = {name: values[name] for name in FIELDS if name in values}
    for name, (low, high) in LIMITS.items():
        if name in found and (found[name] is None or not low <= found[name] <= high):
            raise refused(name, _("Between %(low)s and %(high)s.") % {"low": low, "high": high})
    if "uplift" in found:
        found["uplift"] = Decimal(found["uplift"]).quantize(Decimal("0.01"), ROUND_HALF_UP)
    return found


@transaction.atomic
def set_flow(*, segment: Segment, values: Mapping[str, Any], version: int | None, by: Member | None) -> Flow:
    """What the renewals of a segment do by themselves from now on, and what its quotes say."""
    row = Flow.objects.select_for_update().filter(segment=segment).first()
    if row is not None:
        check_seen(row, version)
    elif version:
        raise Conflict(_("Somebody else changed this after you opened it."))
    changes = checked(values)
    if row is None:
        usual = flow_of(segment, {})
        return Flow.objects.create(segment=segment, **({name: getattr(usual, name) for name in FIELDS} | changes))
    return put(row, **{name: value for name, value in changes.items() if getattr(row, name) != value})
