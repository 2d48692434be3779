"""Routes below /t/<slug>/ of the journey floor."""

from typing import Any

from django.urls import include, path

from journey.views import account_journey, stage_answers, stage_setup, task, task_answers, tasks

JOURNEY: list[Any] = [
    path("", account_journey.account_journey, name="account_journey"),
    path("tracks/new/", stage_answers.track_new, name="journey_track_new"),
    path("tracks/<uuid:track_id>/", stage_answers.track_edit, name="journey_track"),
    path("tracks/<uuid:track_id>/close/", stage_answers.track_close, name="journey_track_close"),
    path("tracks/<uuid:track_id>/stages/", stage_answers.stage_enter, name="journey_enter"),
    path("stages/<uuid:stage_period_id>/complete/", stage_answers.stage_complete, name="journey_complete"),
    path("stages/<uuid:stage_period_id>/back/", stage_answers.stage_back, name="journey_back"),
    path("stages/<uuid:stage_period_id>/leave/", stage_answers.stage_leave, name="journey_leave"),
    path("stages/<uuid:stage_period_id>/hold/", stage_answers.stage_hold, name="journey_hold"),
    path("stages/<uuid:stage_period_id>/day/", stage_answers.stage_day, name="journey_day"),
    path("stages/<uuid:stage_period_id>/ask/", stage_answers.stage_ask, name="journey_ask"),
    path("stages/<uuid:stage_period_id>/attest/<slug:criterion>/", stage_answers.stage_attest, name="journey_attest"),
    path("proposals/<uuid:regression_id>/", stage_answers.decide, name="journey_decide"),
]
# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = [
    path("journey/", include(JOURNEY)),
]

TASKS: list[Any] = [
    path("", tasks.tasks, name="tasks"),
    path("new/", task.task_new, name="task_new"),
    path("bulk/", task_answers.tasks_bulk, name="tasks_bulk"),
    path("take/", task_answers.task_take_next, name="task_take_next"),
    path("<uuid:task_id>/", task.task, name="task"),
    path("<uuid:task_id>/edit/", task.task_edit, name="task_edit"),
    path("<uuid:task_id>/done/", task_answers.task_done, name="task_done"),
    path("<uuid:task_id>/reopen/", task_answers.task_reopen, name="task_reopen"),
    path("<uuid:task_id>/cancel/", task_answers.task_cancel, name="task_cancel"),
    path("<uuid:task_id>/snooze/", task_answers.task_snooze, name="task_snooze"),
    path("<uuid:task_id>/assign/", task_answers.task_assign, name="task_assign"),
    path("<uuid:task_id>/take/", task_answers.task_take, name="task_take"),
    path("<uuid:task_id>/check/", task_answers.task_check, name="task_check"),
    path("<uuid:task_id>/comment/", task_answers.task_comment, name="task_comment"),
]

STAGES: list[Any] = [
    path("", stage_setup.stages, name="settings_stages"),
    path("<slug:stage>/new/", stage_setup.criterion_add, name="settings_stage_criterion_add"),
    path("<slug:stage>/<slug:criterion>/", stage_setup.criterion, name="settings_stage_criterion"),
    path("<slug:stage>/<slug:criterion>/delete/", stage_setup.criterion_remove, name="settings_stage_criterion_remove"),
    path("targets/<uuid:segment_id>/<slug:stage>/", stage_setup.target, name="settings_stage_target"),
]

urlpatterns: list[Any] = [
    path("settings/stages/", include(STAGES)),
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("tasks/", include(TASKS)),
    path("inbox/mentions/", tasks.mentions, name="mentions"),
]
