"""Routes below /t/<slug>/ of the accounts floor."""

from django.urls import include, path

from accounts.views import absences, account, edits, lists, mergers, periods
from cs_platform.kernel.access import Permission

urlpatterns = [
    path("settings/", include("accounts.settings_urls")),
    path("data/imports/", include("accounts.import_urls")),
    path("away/", absences.away, name="away"),
    path("away/absences.csv", absences.export, {"form": "csv"}, name="absences_csv"),
    path("away/absences.xlsx", absences.export, {"form": "xlsx"}, name="absences_xlsx"),
    path("away/new/", absences.absence_new, name="absence_new"),
    path("away/<uuid:absence_id>/", absences.absence_edit, name="absence_edit"),
    path("away/<uuid:absence_id>/end/", absences.absence_end, name="absence_end"),
    path("accounts/", lists.accounts, name="accounts"),
    path("accounts/export/", lists.export, name="accounts_export"),
    *lists.VIEWS.routes("accounts/views/", Permission.VIEW_ACCOUNTS),
    path("accounts/new/", edits.account_new, name="account_new"),
    path("accounts/<uuid:account_id>/", account.overview, name="account"),
    path("accounts/<uuid:account_id>/merge/", mergers.account_merge, name="account_merge"),
    path("accounts/<uuid:account_id>/unmerge/", mergers.account_unmerge, name="account_unmerge"),
    path("accounts/<uuid:account_id>/edit/", edits.account_edit, name="account_edit"),
    path("accounts/<uuid:account_id>/subscriptions/", account.subscriptions, name="account_subscriptions"),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/",
        account.versions,
        name="subscription_versions",
    ),
    path("accounts/<uuid:account_id>/subscriptions/new/", edits.subscription_new, name="subscription_new"),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/edit/",
        edits.subscription_edit,
        name="subscription_edit",
    ),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/withdraw/",
        edits.subscription_void,
        name="subscription_void",
    ),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/pause/",
        periods.subscription_pause,
        name="subscription_pause",
    ),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/payment/",
        periods.subscription_unpaid,
        name="subscription_unpaid",
    ),
    path(
        "accounts/<uuid:account_id>/subscriptions/<uuid:subscription_id>/cancel/",
        periods.subscription_cancel,
        name="subscription_cancel",
    ),
    path("accounts/<uuid:account_id>/people/", account.people, name="account_people"),
    path("accounts/<uuid:account_id>/people/new/", edits.contact_new, name="contact_new"),
    path("accounts/<uuid:account_id>/people/<uuid:contact_id>/", edits.contact_edit, name="contact_edit"),
    path("accounts/<uuid:account_id>/people/<uuid:contact_id>/left/", edits.contact_left, name="contact_left"),
    path("accounts/<uuid:account_id>/timeline/new/", edits.event_new, name="event_new"),
    path("accounts/<uuid:account_id>/history/", account.history, name="account_history"),
]
