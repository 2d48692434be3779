"""The webhook of the demo: a log that tells something, and nothing that leaves the machine (API-03)."""

import datetime as dt

import pytest

from accounts.models import Account, WebhookAttempt, WebhookDelivery, WebhookEndpoint, WebhookEvent
from accounts.webhooks import delivery
from accounts.webhooks.events import EXAMPLES, Kind
from cs_platform.demo import webhooks
from cs_platform.kernel.models import Work
from journey.models import Play, Playbook, PlaybookVersion

LAST = dt.date(2026, 11, 20)


@pytest.mark.django_db
def test_the_log_tells_what_arrived_late_and_never_and_is_written_once(world):
    with world.open():
        book = Playbook.objects.create(key="gate", name="Help at the limit", rule="silence")
        version = PlaybookVersion.objects.create(playbook=book, number=1, state="published", steps=[])
        for n in range(9):
            account = Account.objects.create(external_id=f"A-{n}", name=f"Customer {n}")
            Play.objects.create(playbook=version, account=account, as_of=LAST, inputs={"note": "ours", "share": 0.9})
    for _n in range(2):
        webhooks.add(world.tenant, LAST)
    with world.open():
        row = WebhookEndpoint.objects.get()
        assert not row.enabled
        assert delivery.take() == [], "off: nothing is sent"
        assert not Work.objects.exists()
        sent = list(WebhookDelivery.objects.order_by("event__at").values_list("state", "attempts"))
        assert sent[:4] == [("delivered", 1), ("delivered", 1), ("delivered", 3), ("delivered", 1)]
        assert sent[4][0] == "given_up"
        assert 12 <= sent[4][1] <= 20
        assert len(sent) == webhooks.SHOWN
        assert WebhookAttempt.objects.count() == sum(attempts for _state, attempts in sent)
        for event in WebhookEvent.objects.all():
            assert set(event.data) == set(EXAMPLES[Kind.PLAY_STARTED])
            assert event.data["inputs"] == {"share": 0.9}
            assert LAST - dt.timedelta(days=8) < event.at.date() < LAST
