"""Routes below /t/<slug>/ of the renewals floor."""

from typing import Any

from django.urls import include, path

from renewals.views import account, closing, effort, exports, flows, lists, quotes, results, runways, scores, work

# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = [path("renewal/", account.account_renewal, name="account_renewal")]

RENEWALS: list[Any] = [
    path("", lists.renewals, name="renewals"),
    path("renewals.csv", exports.renewals, {"form": "csv"}, name="renewals_csv"),
    path("renewals.xlsx", exports.renewals, {"form": "xlsx"}, name="renewals_xlsx"),
    path("forecast.csv", exports.forecast, {"form": "csv"}, name="renewals_forecast_csv"),
    path("forecast.xlsx", exports.forecast, {"form": "xlsx"}, name="renewals_forecast_xlsx"),
    path("results/", results.renewals_results, name="renewals_results"),
    path("results.csv", results.results_file, {"form": "csv"}, name="renewals_results_csv"),
    path("results.xlsx", results.results_file, {"form": "xlsx"}, name="renewals_results_xlsx"),
    path("accuracy/", scores.renewals_scores, name="renewals_scores"),
    path("accuracy/calls/", scores.renewals_calls, name="renewals_calls"),
    path("accuracy/calls.csv", scores.calls_file, {"form": "csv"}, name="renewals_calls_csv"),
    path("accuracy/calls.xlsx", scores.calls_file, {"form": "xlsx"}, name="renewals_calls_xlsx"),
    path("<uuid:renewal_id>/move/", lists.move, name="renewal_move"),
    path("<uuid:renewal_id>/", account.renewal, name="renewal"),
    path("<uuid:renewal_id>/stand/", work.stand, name="renewal_stand"),
    path("<uuid:renewal_id>/terms/", work.terms, name="renewal_terms"),
    path("<uuid:renewal_id>/reviews/", work.reviews, name="renewal_reviews"),
    path("<uuid:renewal_id>/call/", work.call, name="renewal_call"),
    path("<uuid:renewal_id>/objections/", work.objection_new, name="renewal_objection_new"),
    path("<uuid:renewal_id>/people/", work.person_new, name="renewal_person_new"),
    path("<uuid:renewal_id>/close/", closing.close, name="renewal_close"),
    path("<uuid:renewal_id>/close/preview/", closing.writing, name="renewal_writing"),
    path("<uuid:renewal_id>/undo/", closing.undo, name="renewal_undo"),
    path("<uuid:renewal_id>/save/", work.save_open, name="renewal_save_open"),
    path("<uuid:renewal_id>/quotes/", quotes.quote_new, name="renewal_quote_new"),
    path("quotes/<uuid:quote_id>/", quotes.quote, name="renewal_quote"),
    path("quotes/<uuid:quote_id>/send/", quotes.quote_send, name="renewal_quote_send"),
    path("quotes/<uuid:quote_id>/withdraw/", quotes.quote_withdraw, name="renewal_quote_withdraw"),
    path("objections/<uuid:objection_id>/", work.objection, name="renewal_objection"),
    path("people/<uuid:stakeholder_id>/", work.person, name="renewal_person"),
    path("people/<uuid:stakeholder_id>/remove/", work.person_remove, name="renewal_person_remove"),
    path("steps/<uuid:renewal_step_id>/done/", work.step_done, name="renewal_step_done"),
    path("steps/<uuid:renewal_step_id>/reopen/", work.step_reopen, name="renewal_step_reopen"),
    path("saves/<uuid:save_play_id>/", work.save, name="renewal_save"),
    path("saves/<uuid:save_play_id>/end/", work.save_end, name="renewal_save_end"),
]
RUNWAYS: list[Any] = [
    path("", runways.runways, name="settings_runways"),
    path("effort/", effort.whom, name="settings_effort"),
    path("<uuid:segment_id>/flow/", flows.flow, name="settings_flow"),
    path("<uuid:segment_id>/", runways.runway, name="settings_runway"),
]

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("renewals/", include(RENEWALS)),
    path("settings/runways/", include(RUNWAYS)),
]
