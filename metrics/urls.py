"""Routes of the pages about money, below /t/<slug>/."""

from django.urls import path

from metrics import (
    account_views,
    answers_views,
    board_pdf,
    board_views,
    close_views,
    digests_views,
    lineage_views,
    movements_views,
    notes_views,
    present_views,
    reconciliation_views,
    settings_views,
    surveys_views,
    targets_views,
    today_views,
    week_views,
)

urlpatterns = [
    path("today/", today_views.today, name="today"),
    path("week/", week_views.week, name="week"),
    path("week/news/", week_views.news, name="week_news"),
    path("board/", board_views.board, name="board"),
    path("board/report.pdf", board_pdf.report_pdf, name="board_pdf"),
    path("board/present/", present_views.present, name="board_present"),
    path("board/notes/<str:month>/", notes_views.edit_note, name="board_note"),
    path("board/answers/", answers_views.answers, name="board_answers"),
    path("insights/surveys/", surveys_views.surveys, name="surveys"),
    path("insights/movements/", movements_views.movements, name="movements"),
    path("insights/movements/movements.csv", movements_views.movements_csv, name="movements_csv"),
    path("insights/movements/notes/", movements_views.movement_notes, name="movement_notes"),
    path("insights/movements/<uuid:line_id>/note/", movements_views.movement_note, name="movement_note"),
    path("metrics/", lineage_views.start, name="lineage"),
    path("metrics/<slug:metric>/", lineage_views.metric, name="metric"),
    path("metrics/<slug:metric>/rows.csv", lineage_views.rows_csv, name="metric_rows"),
    path("metrics/<slug:metric>/audit.xlsx", lineage_views.pack, name="metric_pack"),
    path("settings/closes/", close_views.closes, name="settings_closes"),
    path("settings/closes/<str:month>/", close_views.close, name="settings_close"),
    path("settings/closes/<str:month>/figures.csv", close_views.close_csv, name="settings_close_csv"),
    path("settings/reconciliation/", reconciliation_views.reconciliations, name="settings_reconciliations"),
    path("settings/reconciliation/upload/", reconciliation_views.upload, name="settings_reconciliation_upload"),
    path(
        "settings/reconciliation/of/<uuid:import_id>/", reconciliation_views.of_import, name="reconciliation_of_import"
    ),
    path(
        "settings/reconciliation/<uuid:reconciliation_id>/", reconciliation_views.show, name="settings_reconciliation"
    ),
    path(
        "settings/reconciliation/<uuid:reconciliation_id>/note/",
        reconciliation_views.note,
        name="settings_reconciliation_note",
    ),
    path(
        "settings/reconciliation/<uuid:reconciliation_id>/differences.csv",
        reconciliation_views.differences_csv,
        name="settings_reconciliation_csv",
    ),
    path("accounts/<uuid:account_id>/revenue/", account_views.revenue, name="account_revenue"),
    path("settings/digests/", digests_views.show_digests, name="settings_digests"),
    path("settings/digests/<uuid:digest_id>/remove/", digests_views.remove_recipient, name="settings_digests_remove"),
    path("settings/digests/preview/<slug:digest_kind>/", digests_views.preview, name="settings_digests_preview"),
    path("settings/digests/test/<slug:digest_kind>/", digests_views.send_test, name="settings_digests_test"),
    path("settings/targets/", targets_views.show_targets, name="settings_targets"),
    path("settings/targets/targets.csv", targets_views.targets_csv, name="settings_targets_csv"),
    path("settings/bands/", settings_views.bands, name="settings_bands"),
    path("settings/bands/<slug:metric>/", settings_views.metric_bands, name="settings_bands_metric"),
]
