"""Routes below /t/<slug>/ of the journey floor."""

from typing import Any

from django.urls import include, path

from cs_platform.kernel.access import Permission
from journey.views import (
    account_journey,
    account_plays,
    decisions,
    handoff,
    handoffs,
    issue,
    issues,
    journey,
    letters,
    opt_outs,
    plan,
    plan_links,
    plan_milestones,
    plan_templates,
    playbook_draft,
    playbook_mail,
    playbooks,
    reassign,
    stage_answers,
    stage_setup,
    task,
    task_answers,
    tasks,
)

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
PLAN: list[Any] = [
    path("", plan.account_plan, name="account_plan"),
    path("new/", plan.plan_new, name="plan_new"),
    path("<uuid:agreed_plan_id>/edit/", plan.plan_edit, name="plan_edit"),
    path("<uuid:agreed_plan_id>/end/", plan.plan_end, name="plan_end"),
    path("<uuid:agreed_plan_id>/share/", plan_links.plan_share, name="plan_share"),
    path("<uuid:agreed_plan_id>/milestones/", plan_milestones.milestone_new, name="milestone_new"),
    path("milestones/<uuid:milestone_id>/", plan_milestones.milestone_edit, name="milestone_edit"),
    path("milestones/<uuid:milestone_id>/done/", plan_milestones.milestone_done, name="milestone_done"),
    path("milestones/<uuid:milestone_id>/block/", plan_milestones.milestone_block, name="milestone_block"),
    path("milestones/<uuid:milestone_id>/remove/", plan_milestones.milestone_remove, name="milestone_remove"),
    path("links/<uuid:customer_link_id>/revoke/", plan_links.link_revoke, name="customer_link_revoke"),
]
# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = [
    path("plan/", include(PLAN)),
    path("value/", plan.account_value, name="account_value"),
    path("tasks/", tasks.account_tasks, name="account_tasks"),
    path("issues/", issue.account_issues, name="account_issues"),
    path("issues/link/", issue.account_issue_link, name="account_issue_link"),
    path("journey/", include(JOURNEY)),
    path("handoffs/", handoffs.account_handoffs, name="account_handoffs"),
    path("handoffs/new/", handoff.handoff_new, name="handoff_new"),
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

REASSIGN: list[Any] = [
    path("", reassign.reassign, name="reassign"),
    path("send/", reassign.reassign_confirm, name="reassign_confirm"),
    path("plan.csv", reassign.reassign_csv, name="reassign_csv"),
]

HANDOFFS: list[Any] = [
    path("", handoffs.handoffs, name="handoffs"),
    path("handoffs.csv", handoffs.export, {"form": "csv"}, name="handoffs_csv"),
    path("handoffs.xlsx", handoffs.export, {"form": "xlsx"}, name="handoffs_xlsx"),
    path("<uuid:handoff_id>/", handoff.handoff, name="handoff"),
    path("<uuid:handoff_id>/check/", handoff.handoff_check, name="handoff_check"),
    path("<uuid:handoff_id>/answer/", handoff.handoff_answer, name="handoff_answer"),
    path("<uuid:handoff_id>/withdraw/", handoff.handoff_withdraw, name="handoff_withdraw"),
]

ISSUES: list[Any] = [
    path("", issues.issues, name="issues"),
    path("new/", issue.issue_new, name="issue_new"),
    path("issues.csv", issues.export, name="issues_csv"),
    *issues.VIEWS.routes("views/", Permission.VIEW_ACCOUNTS),
    path("<uuid:issue_id>/", issue.issue, name="issue"),
    path("<uuid:issue_id>/edit/", issue.issue_edit, name="issue_edit"),
    path("<uuid:issue_id>/answer/", issue.issue_answer, name="issue_answer"),
    path("<uuid:issue_id>/merge/", issue.issue_merge, name="issue_merge"),
    path("<uuid:issue_id>/accounts/", issue.issue_link, name="issue_link"),
    path("<uuid:issue_id>/accounts/<uuid:account_id>/", issue.issue_account, name="issue_account"),
    path("<uuid:issue_id>/accounts/<uuid:account_id>/remove/", issue.issue_unlink, name="issue_unlink"),
    path("<uuid:issue_id>/accounts/<uuid:account_id>/told/", issue.issue_told, name="issue_told"),
]

STAGES: list[Any] = [
    path("", stage_setup.stages, name="settings_stages"),
    path("<slug:stage>/new/", stage_setup.criterion_add, name="settings_stage_criterion_add"),
    path("<slug:stage>/<slug:criterion>/", stage_setup.criterion, name="settings_stage_criterion"),
    path("<slug:stage>/<slug:criterion>/delete/", stage_setup.criterion_remove, name="settings_stage_criterion_remove"),
    path("targets/<uuid:segment_id>/<slug:stage>/", stage_setup.target, name="settings_stage_target"),
]

PLAN_TEMPLATES: list[Any] = [
    path("", plan_templates.plan_templates, name="settings_plan_templates"),
    path("new/", plan_templates.template_new, name="settings_plan_template_new"),
    path("<uuid:plan_template_id>/", plan_templates.template_edit, name="settings_plan_template"),
    path("<uuid:plan_template_id>/delete/", plan_templates.template_remove, name="settings_plan_template_remove"),
]

PLAYBOOKS: list[Any] = [
    path("", playbooks.playbooks, name="playbooks"),
    path("new/", playbooks.playbook_new, name="playbook_new"),
    path("<uuid:playbook_id>/", playbooks.playbook, name="playbook"),
    path("<uuid:playbook_id>/settings/", playbooks.playbook_settings, name="playbook_settings"),
    path("<uuid:playbook_id>/switch/", playbooks.playbook_switch, name="playbook_switch"),
    path("<uuid:playbook_id>/trial/", playbooks.playbook_trial, name="playbook_trial"),
    path("<uuid:playbook_id>/undo/", playbooks.playbook_undo, name="playbook_undo"),
    path("<uuid:playbook_id>/edit/", playbook_draft.playbook_edit, name="playbook_edit"),
    path("<uuid:playbook_id>/draft/", playbook_draft.playbook_draft, name="playbook_draft"),
    path("<uuid:playbook_id>/draft/preview/", playbook_draft.playbook_preview, name="playbook_preview"),
    path("<uuid:playbook_id>/draft/mail/", playbook_mail.playbook_mail, name="playbook_mail"),
    path("plays/<uuid:play_id>/undo/", playbooks.play_undo, name="play_undo"),
]
OPT_OUTS: list[Any] = [
    path("", opt_outs.no_mail, name="settings_no_mail"),
    path("<uuid:opt_out_id>/take-back/", opt_outs.no_mail_take_back, name="settings_no_mail_take_back"),
]
PLAYS: list[Any] = [
    path("", account_plays.account_plays, name="account_plays"),
    path("mails/<uuid:letter_id>/", letters.letter, name="letter"),
    path("mails/<uuid:letter_id>/change/", letters.letter_change, name="letter_change"),
    path("new/", account_plays.play_new, name="play_new"),
    path("<uuid:play_id>/stop/", account_plays.play_stop, name="play_stop"),
]

ANALYSIS: list[Any] = [
    path("", journey.journey, name="journey"),
    path("figures.csv", journey.journey_csv, name="journey_csv"),
    path("habits/", journey.journey_habits, name="journey_habits"),
    path("decisions/", decisions.decisions, name="decisions"),
    path("tracks/", journey.journey_tracks, name="journey_tracks"),
    path("tracks.csv", journey.journey_tracks_csv, name="journey_tracks_csv"),
]

urlpatterns: list[Any] = [
    path("journey/", include(ANALYSIS)),
    path("plans.csv", plan.plans_csv, name="plans_csv"),
    path("playbooks/", include(PLAYBOOKS)),
    path("accounts/<uuid:account_id>/plays/", include(PLAYS)),
    path("settings/plan-templates/", include(PLAN_TEMPLATES)),
    path("settings/stages/", include(STAGES)),
    path("settings/no-mail/", include(OPT_OUTS)),
    path("mails/", letters.letters_page, name="letters"),
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("tasks/", include(TASKS)),
    path("issues/", include(ISSUES)),
    path("handoffs/", include(HANDOFFS)),
    path("reassign/", include(REASSIGN)),
    path("inbox/mentions/", tasks.mentions, name="mentions"),
]
