"""Routes below /t/<slug>/ of the health floor."""

from typing import Any

from django.urls import path

from health.views import (
    activities,
    alert_rules,
    alerts,
    backtest,
    data,
    features,
    glance,
    health_tab,
    inbox,
    models,
    outcomes,
    support,
    timeline,
    usage_tab,
)

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/glance/", glance.glance, name="account_glance"),
    path("accounts/<uuid:account_id>/aside/", glance.aside, name="account_aside"),
    path("settings/health-models/", models.models, name="settings_health_models"),
    path("settings/health-models/<uuid:model_id>/", models.model, name="settings_health_model"),
    path("settings/health-models/<uuid:model_id>/draft/", models.draft, name="settings_health_draft"),
    path("settings/health-models/<uuid:model_id>/draft/sums/", models.sums, name="settings_health_sums"),
    path("settings/health-models/<uuid:model_id>/draft/preview/", models.preview, name="settings_health_preview"),
    path(
        "settings/health-models/<uuid:model_id>/draft/preview/figures/",
        models.figures,
        name="settings_health_preview_figures",
    ),
    path("inbox/", alerts.inbox, name="inbox"),
    path("inbox/<uuid:alert_id>/", alerts.alert, name="alert"),
    path("inbox/<uuid:alert_id>/close/", alerts.alert_close, name="alert_close"),
    path("inbox/<uuid:alert_id>/reopen/", alerts.alert_reopen, name="alert_reopen"),
    path("settings/alerts/", alert_rules.rules, name="settings_alert_rules"),
    path("settings/alerts/switch/", alert_rules.switch, name="settings_alert_switch"),
    path("settings/alerts/rules/<slug:rule_key>/", alert_rules.rule, name="settings_alert_rule"),
    path("settings/alerts/runs/<uuid:alert_run_id>/undo/", alert_rules.undo, name="settings_alert_run_undo"),
    path("accounts/<uuid:account_id>/health/", health_tab.health, name="account_health"),
    path("accounts/<uuid:account_id>/health/override/", health_tab.override, name="account_override"),
    path(
        "accounts/<uuid:account_id>/health/override/<uuid:override_id>/end/",
        health_tab.override_end,
        name="account_override_end",
    ),
    path("accounts/<uuid:account_id>/usage/", usage_tab.usage, name="account_usage"),
    path("accounts/<uuid:account_id>/usage/peers/", usage_tab.peers, name="account_usage_peers"),
    path("insights/backtest/", backtest.lab, name="backtest"),
    path("insights/backtest/new/", backtest.new, name="backtest_new"),
    path("insights/backtest/<uuid:backtest_id>/", backtest.lab, name="backtest_run"),
    path("accounts/<uuid:account_id>/usage/features/", features.account_features, name="account_features"),
    path("data/sources/", data.sources, name="data_sources"),
    path("data/receipts/", data.receipts, name="data_receipts"),
    path("data/receipts/<uuid:receipt_id>/", data.receipt, name="data_receipt"),
    path("data/inbox/", inbox.inbox, name="data_inbox"),
    path("data/inbox/replay/", inbox.replay, name="data_replay"),
    path("data/inbox/<uuid:held_id>/", inbox.held, name="data_held"),
    path("data/inbox/<uuid:held_id>/dismiss/", inbox.dismiss, name="data_dismiss"),
    path("data/features/", features.features, name="data_features"),
    path("data/features/<uuid:feature_id>/kind/", features.feature_kind, name="feature_kind"),
    path("activities/new/", activities.activity_log, name="activity_log"),
    path("accounts/<uuid:account_id>/timeline/", timeline.timeline, name="account_timeline"),
    path("accounts/<uuid:account_id>/timeline/latest/", timeline.latest, name="account_latest"),
    path("accounts/<uuid:account_id>/activities/new/", activities.activity_new, name="activity_new"),
    path(
        "accounts/<uuid:account_id>/activities/<uuid:touchpoint_id>/", activities.activity_edit, name="activity_edit"
    ),
    path(
        "accounts/<uuid:account_id>/activities/<uuid:touchpoint_id>/settle/",
        activities.activity_settle,
        name="activity_settle",
    ),
    path("accounts/<uuid:account_id>/support/", support.support, name="account_support"),
    path("accounts/<uuid:account_id>/support/<uuid:ticket_id>/", support.ticket, name="account_ticket"),
    path("accounts/<uuid:account_id>/outcomes/", outcomes.outcomes, name="account_outcomes"),
    path("accounts/<uuid:account_id>/outcomes/new/", outcomes.outcome_new, name="outcome_new"),
    path("accounts/<uuid:account_id>/outcomes/<uuid:outcome_id>/", outcomes.outcome_edit, name="outcome_edit"),
    path(
        "accounts/<uuid:account_id>/outcomes/<uuid:outcome_id>/measure/",
        outcomes.outcome_measure,
        name="outcome_measure",
    ),
    path(
        "accounts/<uuid:account_id>/outcomes/<uuid:outcome_id>/confirm/",
        outcomes.outcome_confirm,
        name="outcome_confirm",
    ),
]
