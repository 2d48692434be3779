"""Routes of the REST API. Without trailing slashes, as CONTRACTS names them."""

from typing import Any

from django.db import transaction
from django.urls import path, register_converter
from django.urls.resolvers import URLPattern

from cs_platform.api import facts, views
from cs_platform.api.absences import Absences
from cs_platform.api.advocacy import Advocates, Assets, Referrals
from cs_platform.api.alerts import Alerts
from cs_platform.api.asks import Asks, Requests
from cs_platform.api.churn import ChurnAnswers
from cs_platform.api.closes import Closes
from cs_platform.api.comments import TaskComments
from cs_platform.api.events import EventsView, Receipts, RejectedEvents
from cs_platform.api.handoffs import Handoffs
from cs_platform.api.health import HealthScores
from cs_platform.api.issues import Issues
from cs_platform.api.journey import JourneyView
from cs_platform.api.letters import MailOptOuts, Mails
from cs_platform.api.metrics import CatalogueView, MetricAccountsView, MetricView
from cs_platform.api.opportunities import Opportunities, Signals
from cs_platform.api.plans import Plans
from cs_platform.api.playbooks import Playbooks
from cs_platform.api.plays import Plays
from cs_platform.api.proposals import Proposals
from cs_platform.api.quotes import Quotes
from cs_platform.api.reconciliations import Reconciliations
from cs_platform.api.renewals import Renewals
from cs_platform.api.reports import ReportView
from cs_platform.api.resources import RefConverter, Resource
from cs_platform.api.save_plays import SavePlays
from cs_platform.api.scenario import ScenarioView
from cs_platform.api.stages import Stages, Tracks
from cs_platform.api.targets import TargetsView
from cs_platform.api.tasks import Tasks
from cs_platform.api.webhooks import Deliveries, Webhooks

register_converter(RefConverter, "ref")

_LIST = {"get": "list", "post": "create"}
_ONE = {"get": "retrieve", "put": "update", "patch": "partial_update", "delete": "destroy"}
_BULK = {"put": "bulk"}


def routes(name: str, resource: type[Resource]) -> list[URLPattern]:
    """The routes of a resource for the actions that it has; a method without one is 405."""
    found = []
    for suffix, tail, actions in (("bulk", "/bulk", _BULK), ("list", "", _LIST), ("one", "/<ref:ref>", _ONE)):
        own: dict[str, Any] = {method: action for method, action in actions.items() if hasattr(resource, action)}
        if own:
            found.append(path(f"v1/{name}{tail}", resource.as_view(own), name=f"api-{name}-{suffix}"))
    return found


urlpatterns = [
    path("docs", views.Docs.as_view(url_name="api-schema"), name="api-docs"),
    path("v1/schema", views.Schema.as_view(), name="api-schema"),
    path("v1/journey", JourneyView.as_view(), name="api-journey"),
    path("v1/targets", TargetsView.as_view(), name="api-targets"),
    path("v1/reports/<slug:name>", ReportView.as_view(), name="api-report"),
    path("v1/metrics", CatalogueView.as_view(), name="api-metrics"),
    path("v1/metrics/<slug:metric>", MetricView.as_view(), name="api-metric"),
    path("v1/metrics/<slug:metric>/accounts", MetricAccountsView.as_view(), name="api-metric-accounts"),
    path("v1/events", transaction.non_atomic_requests(EventsView.as_view()), name="api-events"),
    *routes("receipts", Receipts),
    path("v1/rejected-events/<ref:ref>/replay", RejectedEvents.as_view({"post": "replay"}), name="api-event-replay"),
    *routes("rejected-events", RejectedEvents),
    path("v1/scenario", ScenarioView.as_view(), name="api-scenario"),
    *routes("mails", Mails),
    *routes("mail-opt-outs", MailOptOuts),
    *routes("reconciliations", Reconciliations),
    *routes("accounts", views.Accounts),
    *routes("contacts", views.Contacts),
    *routes("products", views.Products),
    *routes("segments", views.Segments),
    *routes("subscriptions", views.Subscriptions),
    *routes("subscription-changes", views.SubscriptionChanges),
    *routes("movements", views.Movements),
    *routes("fx-rates", views.FxRates),
    *routes("churn-answers", ChurnAnswers),
    *routes("closes", Closes),
    *routes("tickets", facts.Tickets),
    *routes("touchpoints", facts.Touchpoints),
    *routes("surveys", facts.Surveys),
    *routes("outcomes", facts.Outcomes),
    *routes("stages", Stages),
    *routes("tracks", Tracks),
    *routes("proposals", Proposals),
    *routes("plans", Plans),
    # Before the routes of tasks: an external id may hold a slash.
    path(
        "v1/tasks/<ref:ref>/comments",
        TaskComments.as_view({"get": "list", "post": "create"}),
        name="api-task-comments",
    ),
    *routes("tasks", Tasks),
    *routes("playbooks", Playbooks),
    *routes("plays", Plays),
    *routes("issues", Issues),
    *routes("handoffs", Handoffs),
    *routes("advocacy/assets", Assets),
    *routes("advocacy/referrals", Referrals),
    *routes("advocacy/requests", Requests),
    *routes("advocacy/asks", Asks),
    *routes("advocacy", Advocates),
    # Before the routes of renewals: an external id may hold a slash.
    path("v1/renewals/<ref:ref>/calls", Renewals.as_view({"post": "call"}), name="api-renewal-call"),
    path(
        "v1/renewals/<ref:ref>/close", Renewals.as_view({"get": "closing", "post": "close"}), name="api-renewal-close"
    ),
    path("v1/renewals/<ref:ref>/undo", Renewals.as_view({"post": "undo"}), name="api-renewal-undo"),
    *routes("renewals", Renewals),
    path("v1/quotes/<ref:ref>/send", Quotes.as_view({"post": "send"}), name="api-quote-send"),
    path("v1/quotes/<ref:ref>/withdraw", Quotes.as_view({"post": "withdraw"}), name="api-quote-withdraw"),
    *routes("quotes", Quotes),
    *routes("save-plays", SavePlays),
    # Before the routes of opportunities: an external id may hold a slash.
    path("v1/opportunities/<ref:ref>/move", Opportunities.as_view({"post": "move"}), name="api-opportunity-move"),
    path(
        "v1/opportunities/<ref:ref>/win",
        Opportunities.as_view({"get": "winning", "post": "win"}),
        name="api-opportunity-win",
    ),
    path(
        "v1/opportunities/<ref:ref>/undo-win", Opportunities.as_view({"post": "undo_win"}), name="api-opportunity-undo"
    ),
    path("v1/opportunities/<ref:ref>/lose", Opportunities.as_view({"post": "lose"}), name="api-opportunity-lose"),
    path("v1/opportunities/<ref:ref>/handoff", Opportunities.as_view({"post": "hand"}), name="api-opportunity-hand"),
    *routes("opportunities", Opportunities),
    path("v1/signals/<ref:ref>/take", Signals.as_view({"post": "take"}), name="api-signal-take"),
    path("v1/signals/<ref:ref>/dismiss", Signals.as_view({"post": "dismiss"}), name="api-signal-dismiss"),
    *routes("signals", Signals),
    path("v1/webhooks/<ref:ref>/rotate", Webhooks.as_view({"post": "rotate"}), name="api-webhook-rotate"),
    path("v1/webhooks/<ref:ref>/replay", Webhooks.as_view({"post": "replay"}), name="api-webhook-replay"),
    path("v1/webhooks/<ref:ref>/test", Webhooks.as_view({"post": "test"}), name="api-webhook-test"),
    *routes("webhooks", Webhooks),
    path("v1/webhook-deliveries/<ref:ref>/replay", Deliveries.as_view({"post": "replay"}), name="api-delivery-replay"),
    *routes("webhook-deliveries", Deliveries),
    *routes("health-scores", HealthScores),
    *routes("alerts", Alerts),
    *routes("absences", Absences),
]
