"""One row of everything that a URL can name, for the access matrix."""

import datetime as dt
import uuid

from accounts.models import (
    Absence,
    Account,
    AccountEvent,
    ApiKey,
    ChurnReason,
    ChurnRule,
    Contact,
    Feature,
    FxRate,
    Holiday,
    Import,
    Invitation,
    MailOptOut,
    Plan,
    Product,
    Role,
    SavedView,
    Segment,
    Subscription,
    SubscriptionChange,
    Team,
)
from accounts.webhooks.services import add_endpoint, send_test
from advocacy.models import Advocate, Ask, Asset, AssetUse, Gathering, Guest, ReferenceRequest, Referral
from cs_platform.kernel.models import Run, Work
from expansion.models import Opportunity, OpportunityPerson, Signal
from health.models import (
    Alert,
    AlertRun,
    Backtest,
    HealthModel,
    HealthModelVersion,
    HealthOverride,
    HeldEvent,
    Outcome,
    Receipt,
    Ticket,
    Touchpoint,
)
from health.scoring.definition import Definition
from journey.models import (
    CustomerLink,
    Handoff,
    Issue,
    IssueAccount,
    Letter,
    Milestone,
    PlanTemplate,
    Play,
    Playbook,
    PlaybookVersion,
    Regression,
    StagePeriod,
    Task,
    Track,
)
from journey.models import Plan as AgreedPlan
from metrics.models import DigestRecipient, MrrMovement, Reconciliation
from renewals.models import Objection, Quote, Renewal, RenewalStep, SavePlay, Stakeholder
from tests.conftest import World

SILENCE = {"cause": "", "word": "2025-11-01", "meeting": None, "quiet": 40.0}


class Samples:
    """Kinds of sample values."""

    class Id(uuid.UUID):
        """The id of a row, which has a foreign and an unknown counterpart."""


def fill(world: World) -> dict[str, object]:
    """Rows that look alike in every tenant; arguments of URLs by name."""
    day = dt.date(2026, 1, 1)
    noon = dt.datetime(2026, 1, 1, 12, tzinfo=dt.UTC)
    with world.open():
        admin = world.members["admin"]
        account = Account.objects.create(
            external_id="A-1", name="Halcyon Freight", segment=Segment.objects.first(), owner=world.members["csm"]
        )
        contact = Contact.objects.create(account=account, external_id="C-1", name="Ruth Okafor")
        event = AccountEvent.objects.create(account=account, kind="champion_left", happened_on=day)
        product = Product.objects.create(external_id="core", name="Core")
        period = Subscription.objects.create(
            account=account,
            external_id="S-1",
            start_on=day,
            interval_months=12,
            amount_minor=12000,
            mrr_minor=1000,
            currency="USD",
            product=product,
        )
        receipt = Receipt.objects.create(kind="api", received=1, accepted=0, duplicate=0, quarantined=0, rejected=1)
        rows = {
            "account": account,
            "contact": contact,
            "event": event,
            "subscription": period,
            "period": period,
            "product": product,
            "plan": Plan.objects.create(name="Gold", product=product),
            "churn_reason": ChurnReason.objects.create(category="price", name="No discount"),
            "churn_rule": ChurnRule.objects.create(category="price", least=25, advice="Look at prices"),
            "feature": Feature.objects.create(key="edit", name="Edit"),
            "segment": Segment.objects.first(),
            "role": Role.objects.get(key="csm"),
            "team": Team.objects.create(name="North"),
            "member": world.members["csm"],
            "absence": Absence.objects.create(member=world.members["csm"], first_on=day, last_on=dt.date(2099, 1, 1)),
            "key": ApiKey.objects.first(),
            "invitation": Invitation.objects.create(
                email="new@example.com",
                role=Role.objects.get(key="csm"),
                token_hash="0" * 64,
                expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
            ),
            "view": SavedView.objects.create(member=admin, page="accounts", name="Mine", query="", shared=True),
            "explore_view": SavedView.objects.create(
                member=admin, page="explore", name="Churn", query="metric=logo_churn", shared=True
            ),
            "holiday": Holiday.objects.create(day=day, name="New Year"),
            "run": Import.objects.create(kind="accounts", filename="a.csv"),
            "import": Import.objects.create(kind="contacts", filename="b.csv"),
            "night": Run.objects.create(name="nightly", as_of=day),
            "receipt": receipt,
            "held": HeldEvent.objects.create(
                state="rejected", receipt=receipt, position=0, code="required", message="x"
            ),
            "touchpoint": Touchpoint.objects.create(
                account=account, external_id="TP-1", kind="call", happened_at=noon, known_on=day, source="api"
            ),
            "ticket": Ticket.objects.create(
                account=account, external_id="T-1", state="New", opened_at=noon, known_on=day, source="api"
            ),
            "outcome": Outcome.objects.create(
                account=account,
                external_id="O-1",
                name="Faster",
                baseline=9,
                target=6,
                agreed_on=day,
                due_on=day,
                data_source="Report",
                known_on=day,
                source="api",
            ),
            "alert": Alert.objects.create(account=account, rule="silence", as_of=day, inputs=SILENCE),
            "alert_run": AlertRun.objects.create(as_of=day),
            "task": Task.objects.create(external_id="K-1", account=account, title="Call", due_on=day, source="member"),
            "handoff": Handoff.objects.create(account=account, kind="sales_cs", reason="Signed", due_on=day),
            "work": Work.objects.create(name="nightly", state="failed"),
            "reconciliation": Reconciliation.objects.create(month=day, filename="billing.csv"),
            "digest": DigestRecipient.objects.create(kind="board", email="chair@example.com", name="Chair"),
        }
        terms = {"account": account, "start_on": day, "interval_months": 12, "amount_minor": 12000, "mrr_minor": 1000}
        change = SubscriptionChange.objects.create(
            subscription=period, kind="created", effective_on=day, source="api", currency="USD", **terms
        )
        rows["line"] = MrrMovement.objects.create(
            account=account,
            month=day,
            kind="new",
            amount_minor=1000,
            subscription=period,
            change=change,
            effective_on=day,
        )
        endpoint, _secret = add_endpoint(name="Ours", url="https://example.com/hook", by=admin)
        rows["endpoint"] = endpoint
        rows["delivery"] = send_test(endpoint=endpoint, by=admin)
        playbook = Playbook.objects.create(key="sample", name="Save them", rule="silence")
        step = {"key": "call", "title": {"en": "Call"}, "doer": "owner", "work": "health", "days": 0}
        steps = PlaybookVersion.objects.create(playbook=playbook, number=1, state="published", steps=[step])
        PlaybookVersion.objects.create(playbook=playbook, number=2, steps=[step])
        rows["playbook"] = playbook
        rows["play"] = Play.objects.create(playbook=steps, account=account, alert=rows["alert"], as_of=day)
        rows["letter"] = Letter.objects.create(
            play=rows["play"], step="write", account=account, subject="Hello", body="Hello", goes_at=noon
        )
        rows["opt_out"] = MailOptOut.objects.create(address="nobody@example.com")
        model = HealthModel.objects.create(name="Usual")
        version = HealthModelVersion.objects.create(model=model, number=1, definition=Definition.default().json())
        rows["model"] = model
        rows["backtest"] = Backtest.objects.create(version=version, as_of=day)
        rows["override"] = HealthOverride.objects.create(
            account=account, band="red", reason="Paused", begins_on=day, expires_on=day
        )
        track = Track.objects.create(account=account, external_id="TR-1", name="Core", opened_on=day, source="api")
        stay = StagePeriod.objects.create(
            track=track, external_id="P-1", stage="onboarding", entered_on=day, source="api"
        )
        rows["track"], rows["stage_period"] = track, stay
        issue = Issue.objects.create(external_id="I-1", title="Export", reported_on=day, source="api")
        IssueAccount.objects.create(issue=issue, account=account, since=day)
        rows["issue"] = issue
        rows["issue_view"] = SavedView.objects.create(member=admin, page="issues", name="Ours", shared=True)
        rows["regression"] = Regression.objects.create(
            track=track, period=stay, stage="onboarding", cause="champion", as_of=day
        )
        agreed = AgreedPlan.objects.create(
            account=account, external_id="PL-1", name="Onboarding", starts_on=day, target_on=day, source="api"
        )
        rows["agreed_plan"] = agreed
        rows["milestone"] = Milestone.objects.create(plan=agreed, name="Kickoff", due_on=day)
        rows["plan_template"] = PlanTemplate.objects.create(name="Ours", milestones=[{"name": "Kickoff", "days": 1}])
        rows["customer_link"] = CustomerLink.objects.create(
            account=account,
            purpose="plan",
            plan=agreed,
            token_hash="1" * 64,
            expires_at=dt.datetime(2030, 1, 1, tzinfo=dt.UTC),
        )
        renewal = Renewal.objects.create(
            external_id="REN-1",
            account=account,
            due_on=day,
            opened_on=day,
            profile="enterprise",
            phase_since=day,
            currency="USD",
        )
        rows["renewal"] = renewal
        rows["quote"] = Quote.objects.create(
            renewal=renewal, number=1, currency="USD", uplift=0, term_months=12, starts_on=day, ends_on=day,
            year_minor=0, total_minor=0, valid_until=day,
        )  # fmt: skip
        rows["renewal_step"] = RenewalStep.objects.create(renewal=renewal, step="prep", days=180, due_on=day)
        rows["objection"] = Objection.objects.create(renewal=renewal, text="Too dear", raised_on=day)
        rows["stakeholder"] = Stakeholder.objects.create(renewal=renewal, contact=contact, part="decides")
        rows["save_play"] = SavePlay.objects.create(
            account=account, renewal=renewal, cause="person", opened_on=day, mrr_minor=1000
        )
        deal = Opportunity.objects.create(
            account=account,
            external_id="D-1",
            name="More seats",
            kind="seats",
            motion="upsell",
            stage_since=day,
            identified_on=day,
            amount_minor=12000,
            currency="USD",
            source="api",
        )
        OpportunityPerson.objects.create(opportunity=deal, contact=contact)
        rows["opportunity"] = deal
        rows["signal"] = Signal.objects.create(account=account, trigger="growth", cause="E-1", as_of=day)
        rows["deal_view"] = SavedView.objects.create(member=admin, page="expansion:list", name="Ours", shared=True)
        advocate = Advocate.objects.create(
            account=account,
            contact=contact,
            external_id="AD-1",
            consent="name",
            consent_on=day,
            legal_since=day,
            enrolled_on=day,
            source="api",
        )
        rows["advocate"] = advocate
        rows["ask"] = Ask.objects.create(advocate=advocate, kind="reference", asked_on=day)
        rows["asset"] = Asset.objects.create(
            account=account, external_id="AS-1", kind="review", title="Five stars", legal_since=day, source="api"
        )
        rows["asset_use"] = AssetUse.objects.create(asset=rows["asset"], used_on=day)
        rows["reference_request"] = ReferenceRequest.objects.create(prospect="Tidewater", due_on=day, currency="USD")
        rows["referral"] = Referral.objects.create(
            account=account, external_id="RF-1", prospect="Corvid", asked_on=day, currency="USD", source="api"
        )
        gathering = Gathering.objects.create(name="Board", kind="board", held_on=day)
        rows["gathering"] = gathering
        rows["guest"] = Guest.objects.create(gathering=gathering, account=account, contact=contact)
        FxRate.objects.create(month=day, base="EUR", quote="USD", rate="1.1", source="member")
        values: dict[str, object] = {name: Samples.Id(str(row.id)) for name, row in rows.items() if row}
    ids = {f"{name}_id": value for name, value in values.items()}
    return ids | {
        "rows": values,
        "metric": "nrr",
        "benchmark": "weak_grr",
        "digest_kind": "board",
        "rule_key": "silence",
        "stage": "onboarding",
        "deal_stage": "proposal",
        "signal_trigger": "seats_full",
        "criterion": "technical",
        "base": "EUR",
        "quote": "USD",
        "kind": "accounts",
        "slug": world.tenant.slug,
        "month": "2026-01",
    }
