"""Routes below /t/<slug>/ of the advocacy floor."""

from typing import Any

from django.urls import include, path

from advocacy.views import assets, candidates, gatherings, people, referrals, requests

# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = [
    path("advocacy/", candidates.account_advocacy, name="account_advocacy"),
    path("advocacy/enrol/", people.advocate_new, name="advocate_new"),
]
REQUESTS: list[Any] = [
    path("", requests.requests, name="advocacy_requests"),
    path("new/", requests.request_new, name="reference_request_new"),
    path("<uuid:reference_request_id>/", requests.request_page, name="reference_request"),
    path("<uuid:reference_request_id>/edit/", requests.request_edit, name="reference_request_edit"),
    path("<uuid:reference_request_id>/end/", requests.request_end, name="reference_request_end"),
]
ASSETS: list[Any] = [
    path("", assets.assets, name="advocacy_assets"),
    path("assets.csv", assets.export, name="advocacy_assets_csv"),
    path("new/", assets.asset_new, name="asset_new"),
    path("<uuid:asset_id>/", assets.asset, name="asset"),
    path("<uuid:asset_id>/edit/", assets.asset_edit, name="asset_edit"),
    path("<uuid:asset_id>/legal/", assets.asset_legal, name="asset_legal"),
    path("<uuid:asset_id>/use/", assets.asset_use, name="asset_use"),
    path("uses/<uuid:asset_use_id>/", assets.asset_use_edit, name="asset_use_edit"),
]
REFERRALS: list[Any] = [
    path("", referrals.referrals, name="advocacy_referrals"),
    path("referrals.csv", referrals.export, name="advocacy_referrals_csv"),
    path("new/", referrals.referral_new, name="referral_new"),
    path("<uuid:referral_id>/", referrals.referral_edit, name="referral_edit"),
    path("<uuid:referral_id>/move/", referrals.referral_move, name="referral_move"),
]
GATHERINGS: list[Any] = [
    path("", gatherings.gatherings, name="advocacy_gatherings"),
    path("new/", gatherings.gathering_new, name="gathering_new"),
    path("<uuid:gathering_id>/", gatherings.gathering, name="gathering"),
    path("<uuid:gathering_id>/edit/", gatherings.gathering_edit, name="gathering_edit"),
    path("<uuid:gathering_id>/remove/", gatherings.gathering_remove, name="gathering_remove"),
    path("<uuid:gathering_id>/guests/", gatherings.guest_new, name="gathering_guest_new"),
    path("guests/<uuid:guest_id>/", gatherings.guest, name="gathering_guest"),
    path("guests/<uuid:guest_id>/remove/", gatherings.guest_remove, name="gathering_guest_remove"),
]
ADVOCACY: list[Any] = [
    path("", candidates.advocacy, name="advocacy"),
    path("candidates.csv", candidates.export, name="advocacy_csv"),
    path("enrol/", people.enrol, name="advocacy_enrol"),
    path("rules/", gatherings.program, name="advocacy_rules"),
    path("standing/<uuid:account_id>/", candidates.standing, name="advocacy_standing"),
    path("people/<uuid:advocate_id>/", people.advocate_edit, name="advocate_edit"),
    path("people/<uuid:advocate_id>/leave/", people.advocate_leave, name="advocate_leave"),
    path("people/<uuid:advocate_id>/ask/", people.ask_new, name="ask_new"),
    path("asks/<uuid:ask_id>/", people.ask_answer, name="ask_answer"),
    path("requests/", include(REQUESTS)),
    path("assets/", include(ASSETS)),
    path("referrals/", include(REFERRALS)),
    path("gatherings/", include(GATHERINGS)),
]

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("advocacy/", include(ADVOCACY)),
]
