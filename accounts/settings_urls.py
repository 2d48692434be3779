"""Routes of the settings."""

from django.urls import path

from accounts.settings_views import absences, audit, general, keys, lists, people, rates, webhooks

urlpatterns = [
    path("", general.first, name="settings"),
    path("company/", general.show_company, name="settings_company"),
    path("calendar/", general.show_calendar, name="settings_calendar"),
    path("members/", people.show_members, name="settings_members"),
    path("members/<uuid:member_id>/", people.edit_member, name="settings_members_edit"),
    path("members/<uuid:member_id>/access/", people.switch_member, name="settings_members_switch"),
    path("invitations/<uuid:invitation_id>/resend/", people.resend_invitation, name="settings_invitation_resend"),
    path("invitations/<uuid:invitation_id>/revoke/", people.revoke_invitation, name="settings_invitation_revoke"),
    path("absences/", absences.show_absences, name="settings_absences"),
    path("roles/", people.show_roles, name="settings_roles"),
    path("roles/new/", people.add_role, name="settings_roles_add"),
    path("roles/<uuid:role_id>/delete/", people.remove_role, name="settings_roles_remove"),
    path("keys/", keys.show_keys, name="settings_keys"),
    path("keys/<uuid:key_id>/rotate/", keys.rotate_key, name="settings_keys_rotate"),
    path("keys/<uuid:key_id>/revoke/", keys.revoke_key, name="settings_keys_revoke"),
    path("webhooks/", webhooks.show_webhooks, name="settings_webhooks"),
    path("webhooks/<uuid:endpoint_id>/", webhooks.show_webhook, name="settings_webhooks_one"),
    path("webhooks/<uuid:endpoint_id>/edit/", webhooks.edit_webhook, name="settings_webhooks_edit"),
    path("webhooks/<uuid:endpoint_id>/rotate/", webhooks.rotate_webhook, name="settings_webhooks_rotate"),
    path("webhooks/<uuid:endpoint_id>/switch/", webhooks.switch_webhook, name="settings_webhooks_switch"),
    path("webhooks/<uuid:endpoint_id>/test/", webhooks.test_webhook, name="settings_webhooks_test"),
    path("webhooks/<uuid:endpoint_id>/delete/", webhooks.remove_webhook, name="settings_webhooks_remove"),
    path("webhooks/<uuid:endpoint_id>/again/", webhooks.send_day_again, name="settings_webhooks_again"),
    path("webhooks/<uuid:endpoint_id>/<uuid:delivery_id>/", webhooks.show_sent, name="settings_webhooks_sent"),
    path(
        "webhooks/<uuid:endpoint_id>/<uuid:delivery_id>/again/",
        webhooks.send_again,
        name="settings_webhooks_sent_again",
    ),
    path("rates/", rates.show_rates, name="settings_rates"),
    path("rates/<str:base>/<str:quote>/", rates.show_pair, name="settings_rates_pair"),
    path("audit/", audit.show_audit, name="settings_audit"),
    *lists.urls(),
]
