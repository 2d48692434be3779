"""Accounts by external id, with their dated attributes (ACC-01, ACC-12)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.utils.translation import gettext as _

from accounts import selectors
from accounts.enums import LogoLevel
from accounts.formulas import profile_of_segment
from accounts.kinds import Row
from accounts.merging.churn import answers_of_file
from accounts.merging.result import (
    SQL,
    MergeResult,
    Origin,
    accounts_appeared,
    customers_changed,
    extra_json,
    first_of_each,
    quiet_inserts,
    revenue_changed,
)
from accounts.models import Account, Segment, Tenant
from cs_platform.kernel import copying, queue, sqljobs
from cs_platform.kernel.money import to_minor

COLUMNS = [
    ("number", "int"), ("account", "text"), ("name", "text"), ("segment_id", "uuid"), ("industry", "text"), ("source", "text"),
    ("region", "text"), ("owner_id", "uuid"), ("signed_on", "date"), ("domain", "text"), ("strategic", "bool"),
    ("complexity", "text"), ("tier", "text"), ("level", "text"), ("parent", "text"), ("referred_by", "text"),
    ("employees", "int"), ("cac_minor", "bigint"), ("extra", "jsonb"), ("given", "text[]"),
]  # fmt: skip


def segment_ids(names: set[str]) -> dict[str, Any]:
    """Ids of the segments by name; those that are new are made, with the profile that their name suggests."""
    known = dict(Segment.objects.filter(name__in=names).values_list("name", "id"))
    position = Segment.objects.count()
    missing = sorted(name for name in names if name and name not in known)
    made = Segment.objects.bulk_create(
        [Segment(name=n, profile=profile_of_segment(n), position=position + i) for i, n in enumerate(missing)],
        ignore_conflicts=False,
    )
    return known | {segment.name: segment.id for segment in made}


def _name_accounts(external_ids: set[str]) -> int:
    """Make accounts that are named as parent or referrer and not known yet, under that name; how many.

    At version 0 they wait for a row of their own, which then counts as the one that creates them: in a file the order
    of parents and children says nothing.
    """
    known = set(Account.objects.filter(external_id__in=external_ids).values_list("external_id", flat=True))
    missing = [Account(external_id=each, name=each, version=0) for each in sorted(external_ids - known)]
    quiet_inserts(len(missing))
    Account.objects.bulk_create(missing, batch_size=2000)
    return len(missing)


def merge_accounts(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update accounts. Fields that a row does not give stay as they are; given and empty clears.

    Refused: an owner who is no member. A segment or a parent that does not exist yet is made.
    """
    result = MergeResult()
    rows = first_of_each(rows, result, "account")
    owners = selectors.members_by_email([r.values["owner_email"] for r in rows if r.values.get("owner_email")])
    accepted = []
    for row in rows:
        email = row.values.get("owner_email")
        if email and email not in owners:
            result.reject(row, "owner_email", email, "unknown_member", _("This is not the e-mail of a member."))
        else:
            accepted.append(row)
    if not accepted:
        return result
    segments = segment_ids({r.values["segment"] for r in accepted if r.values.get("segment")})
    above = {r.values[n] for r in accepted for n in ("parent", "referred_by") if r.values.get(n)}
    named = _name_accounts(above - {r.values["account"] for r in accepted})
    tenant = Tenant.current()
    copying.stage("stage_account", COLUMNS, (_cells(r, segments, owners, tenant.currency) for r in accepted))
    quiet_inserts(len(accepted))
    params = origin.params() | {"today": tenant.today()}
    judged = []
    costs = False
    moved: set[UUID] = set()  # those that stand below another parent now, and who that was
    for found in sqljobs.rows(SQL / "merge_accounts.sql", params):
        result.add(found["number"], found["id"], found["outcome"])
        if found["judged_anew"]:
            judged.append(found["id"])
        costs |= found["cost_anew"]
        if found["moved"]:
            moved |= {found["id"], found["was_below"] or found["id"]}
    if moved and tenant.logo_level == LogoLevel.PARENT:  # the money of a tree counts for its top
        moved |= {row["id"] for row in sqljobs.rows(SQL / "below.sql", {"accounts": [str(each) for each in moved]})}
    else:
        moved = set()
    dated = sqljobs.rows(SQL / "account_changes.sql", params)
    changed = {row["account_id"] for row in dated} | moved
    revenue_changed(changed, origin)
    if costs and not changed:  # no movement, but what customers cost to win stands beside what they bring
        queue.publish("revenue.changed", actor=origin.actor)
    customers_changed(judged, actor=origin.actor)
    answers_of_file(accepted, origin, result, lambda row: row.values.get("churned_on"))
    accounts_appeared(result.created + named, origin)
    return result


def _cells(row: Row, segments: dict[str, Any], owners: dict[str, Any], currency: str) -> list[Any]:
    v = row.values
    given = set(row.given)
    for name, column in (("segment", "segment_id"), ("owner_email", "owner_id"), ("cac", "cac_minor")):
        if name in given:
            given.add(column)
    cac = v.get("cac")
    return [
        row.number, v["account"], v["name"], segments.get(v.get("segment") or ""), v.get("industry") or "", v.get("source") or "",
        v.get("region") or "", owners.get(v.get("owner_email") or ""), v.get("signed_on"), v.get("domain") or "",
        bool(v.get("strategic")), v.get("complexity") or "", v.get("tier") or "", v.get("level") or "company",
        v.get("parent") or None, v.get("referred_by") or None, v.get("employees"),
        None if cac is None else to_minor(cac, currency), extra_json(row),
        "{" + ",".join(sorted(given)) + "}",
    ]  # fmt: skip
