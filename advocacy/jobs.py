"""What the night does for advocacy: judge the six criteria of every live account (ADV-01, TRG-15), and find the customers
that a referral has brought (ADV-04). Rerunnable: a second time finds nothing new."""

import datetime as dt
import json
from pathlib import Path
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from django.db import connection
from django.db.models import Q

from accounts.enums import ChangeSource, Source
from accounts.models import Account, Tenant
from accounts.selectors import STANDING
from accounts.webhooks.announce import announce_rows
from accounts.webhooks.events import Kind
from advocacy import formulas, rules, services
from advocacy.enums import Criterion, ReferralState
from advocacy.lifecycle import ENDED
from advocacy.models import Referral
from cs_platform.kernel import copying, sqljobs
from cs_platform.kernel.tenancy import current_tenant_id
from journey.issues.telling import standing

SQL = Path(__file__).parent / "sql"
TABLES: dict[str, str | Path] = {"standing": STANDING}
_COLUMNS = [
    ("account_id", "uuid"),
    *((criterion.value, "bool") for criterion in Criterion),
    ("evidence", "jsonb"),
    ("qualified", "bool"),
]


def qualify_all(as_of: dt.date) -> int:
    """Step of the night: who is worth asking, judged anew; how many accounts were judged and forgotten. Who becomes qualified is announced."""
    tenant, own = Tenant.current(), rules.current()
    until = dt.datetime.combine(as_of + dt.timedelta(days=1), dt.time(), tzinfo=tenant.zone)
    params = {"as_of": as_of, "until": until, "zone": tenant.timezone}
    found = [formulas.Facts(**row) for row in sqljobs.rows(SQL / "qualify.sql", params, tables=TABLES)]
    copying.stage("judged", _COLUMNS, (_row(facts, as_of, own.months_of(facts.profile)) for facts in found))
    with connection.cursor() as cursor:
        # Two nights that run at once would meet in the middle of the table.
        cursor.execute("SELECT pg_advisory_xact_lock(%s, hashtext('advocacy.qualification'))", [current_tenant_id()])
    params = {"tenant_id": current_tenant_id(), "as_of": as_of}
    announce_rows(Kind.ADVOCACY_QUALIFIED, SQL / "store.sql", params)
    return sqljobs.execute(SQL / "withdraw.sql") + len(found)


def _row(facts: formulas.Facts, as_of: dt.date, months: int) -> list[Any]:
    judged = formulas.judge(facts, as_of, months)
    marks = [met for met, _evidence in judged.values()]
    evidence = {criterion.value: shown for criterion, (_met, shown) in judged.items()}
    return [facts.account_id, *marks, json.dumps(evidence, cls=DjangoJSONEncoder), all(met is True for met in marks)]


def follow_referrals(as_of: dt.date) -> int:
    """Step of the night: customers that a referral has brought appear as won by themselves (ADV-04); how many.

    Whoever pays and names who referred them is the customer of that account's open referral with this name, else of a new
    one, of which nobody knows the steps. Without a referrer only an open referral with this name can tell. Once found, the
    second time finds nothing.
    """
    known = Referral.objects.filter(state=ReferralState.WON).exclude(customer=None).order_by()
    news = (
        Account.objects.filter(Q(source=Source.REFERRAL) | Q(referred_by__isnull=False), merged_into=None)
        .filter(customer_since__lte=as_of)
        .exclude(id__in=known.values("customer"))
        .select_related("referred_by")
        .order_by("customer_since", "id")
    )
    customers = list(news)
    open_ones = Referral.objects.filter(prospect__in=[each.name for each in customers]).exclude(state__in=ENDED)
    by_name: dict[str, list[Referral]] = {}
    for row in open_ones.order_by("asked_on", "id"):
        by_name.setdefault(row.prospect, []).append(row)
    counts_as = standing(each.referred_by for each in customers if each.referred_by)
    found = 0
    for customer in customers:
        by = counts_as[customer.referred_by_id].id if customer.referred_by_id else None
        rows = [row for row in by_name.get(customer.name, ()) if by in (None, row.account_id)]
        if rows:
            by_name[customer.name].remove(rows[0])
        elif by is None or by == customer.id:
            continue
        referral = rows[0] if rows else _told_by_account(customer, counts_as[customer.referred_by_id])
        day = max(referral.asked_on, customer.customer_since)
        services.move_referral(
            referral=referral, state=ReferralState.WON, on=day, customer=customer, version=None, by=None
        )
        found += 1
    return found


def _told_by_account(customer: Account, referrer: Account) -> Referral:
    return services.add_referral(
        account=referrer,
        prospect=customer.name,
        asked_on=min(day for day in (customer.signed_on, customer.customer_since) if day),
        external_id=f"customer-{customer.id}",
        source=ChangeSource.RULE,
        by=None,
    )
