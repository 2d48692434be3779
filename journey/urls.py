"""Routes below /t/<slug>/ of the journey floor."""

from typing import Any

from django.urls import include, path

from journey.views import task, task_answers, tasks

# Pages of an account, below accounts/<account_id>/.
ACCOUNT: list[Any] = []

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

urlpatterns: list[Any] = [
    path("accounts/<uuid:account_id>/", include(ACCOUNT)),
    path("tasks/", include(TASKS)),
    path("inbox/mentions/", tasks.mentions, name="mentions"),
]
