"""A small book for the tests of the customer pages: accounts that look alike in both tenants."""

import datetime as dt

from accounts.models import Account, Contact, Member, Segment, Subscription

HOSTILE = '<script>alert("x")</script> O\'Brien & "Söhne"'
RIGHT_TO_LEFT = "\u202e\u0627\u0644\u0633\u062d\u0627\u0628 Cloud"


def make_account(name: str, owner: Member | None = None, **values: object) -> Account:
    """An account of the open tenant; live with 1,000.00 a month unless the values say otherwise."""
    segment = values.pop("segment", "Enterprise")
    fields: dict[str, object] = {
        "external_id": values.pop("external_id", name),
        "name": name,
        "owner": owner,
        "segment": Segment.objects.get(name=segment) if segment else None,
        "status": "live",
        "mrr_minor": 100_000,
    }
    return Account.objects.create(**(fields | values))


def make_contact(account: Account, name: str, **values: object) -> Contact:
    external_id = values.pop("external_id", f"{account.external_id}-{name}")
    return Contact.objects.create(account=account, external_id=external_id, name=name, **values)


def make_period(
    account: Account, start: dt.date, end: dt.date | None, mrr_minor: int, **values: object
) -> Subscription:
    """A paid period, billed monthly in US dollars."""
    fields: dict[str, object] = {
        "account": account,
        "external_id": f"S-{account.external_id}",
        "start_on": start,
        "end_on": end,
        "interval_months": 1,
        "amount_minor": mrr_minor,
        "mrr_minor": mrr_minor,
        "currency": "USD",
    }
    return Subscription.objects.create(**(fields | values))
