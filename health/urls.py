"""Routes below /t/<slug>/ of the health floor."""

from typing import Any

from django.urls import include, path

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

ACCOUNT: list[Any] = [
    path("glance/", glance.glance, name="account_glance"),
    path("aside/", glance.aside, name="account_aside"),
    path("health/", health_tab.health, name="account_health"),
    path("health/override/", health_tab.override, name="account_override"),
    path("health/override/<uuid:override_id>/end/", health_tab.override_end, name="account_override_end"),
    path("usage/", usage_tab.usage, name="account_usage"),
    path("usage/peers/", usage_tab.peers, name="account_usage_peers"),
    path("usage/features/", features.account_features, name="account_features"),
    path("timeline/", timeline.timeline, name="account_timeline"),
    path("timeline/latest/", timeline.latest, name="account_latest"),
    path("activities/new/", activities.activity_new, name="activity_new"),
    path("activities/<uuid:touchpoint_id>/", activities.activity_edit, name="activity_edit"),
    path("activities/<uuid:touchpoint_id>/settle/", activities.activity_settle, name="activity_settle"),
    path("support/", support.support, name="account_support"),
    path("support/<uuid:ticket_id>/", support.ticket, name="account_ticket"),
    path("outcomes/", outcomes.outcomes, name="account_outcomes"),
    path("outcomes/new/", outcomes.outcome_new, name="outcome_new"),
    path("outcomes/<uuid:outcome_id>/", outcomes.outcome_edit, name="outcome_edit"),
    path("outcomes/<uuid:outcome_id>/measure/", outcomes.outcome_measure, name="outcome_measure"),
    path("outcomes/<uuid:outcome_id>/confirm/", outcomes.outcome_confirm, name="outcome_confirm"),
]
MODELS: list[Any] = [
    path("", models.models, name="settings_health_models"),
    path("<uuid:model_id>/", models.model, name="settings_health_model"),
    path("<uuid:model_id>/draft/", models.draft, name="settings_health_draft"),
    path("<uuid:model_id>/draft/sums/", models.sums, name="settings_health_sums"),
    path("<uuid:model_id>/draft/preview/", models.preview, name="settings_health_preview"),
    path("<uuid:model_id>/draft/preview/figures/", models.figures, name="settings_health_preview_figures"),
]
ALERT_RULES: list[Any] = [
    path("", alert_rules.rules, name="settings_alert_rules"),
    path("switch/", alert_rules.switch, name="settings_alert_switch"),
    path("rules/<slug:rule_key>/", alert_rules.rule, name="settings_alert_rule"),
    path("runs/<uuid:alert_run_id>/undo/", alert_rules.undo, name="settings_alert_run_undo"),
]
INBOX: list[Any] = [
    path("", alerts.inbox, name="inbox"),
    path("<uuid:alert_id>/", alerts.alert, name="alert"),
    path("<uuid:alert_id>/close/", alerts.alert_close, name="alert_close"),
    path("<uuid:alert_id>/reopen/", alerts.alert_reopen, name="alert_reopen"),
]
DATA: list[Any] = [
    path("sources/", data.sources, name="data_sources"),
    path("receipts/", data.receipts, name="data_receipts"),
    path("receipts/<uuid:receipt_id>/", data.receipt, name="data_receipt"),
    path("inbox/", inbox.inbox, name="data_inbox"),
    path("inbox/replay/", inbox.replay, name="data_replay"),
    path("inbox/<uuid:held_id>/", inbox.held, name="data_held"),
    path("inbox/<uuid:held_id>/dismiss/", inbox.dismiss, name="data_dismiss"),
    path("features/", features.features, name="data_features"),
    path("features/<uuid:feature_id>/kind/", features.feature_kind, name="feature_kind"),
]
BACKTEST: list[Any] = [
    path("", backtest.lab, name="backtest"),
    path("new/", backtest.new, name="backtest_new"),
    path("<uuid:backtest_id>/", backtest.lab, name="backtest_run"),
]

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("settings/health-models/", include(MODELS)),
    path("settings/alerts/", include(ALERT_RULES)),
    path("inbox/", include(INBOX)),
    path("data/", include(DATA)),
    path("insights/backtest/", include(BACKTEST)),
    path("activities/new/", activities.activity_log, name="activity_log"),
]
