"""Runs: a pipeline of steps for one (tenant, as_of), each step one transaction, any of them safe to do again."""

from collections.abc import Callable, Sequence
from datetime import date
from time import monotonic
from typing import Any

from django.utils import timezone

from cs_platform.kernel.models import Finding, Run, RunStep, Work

Step = tuple[str, Callable[[date], int]]


def plan(name: str, as_of: date, steps: Sequence[Step]) -> Run:
    """The run of that day with all its steps to do; one that exists begins again from its first step."""
    run, created = Run.objects.get_or_create(name=name, as_of=as_of)
    if not created:
        Run.objects.filter(id=run.id).update(state=Run.State.RUNNING, started_at=timezone.now(), finished_at=None)
        run.steps.all().delete()
    RunStep.objects.bulk_create(RunStep(run=run, position=i, name=step[0]) for i, step in enumerate(steps))
    return run


def _next_step(work: Work) -> RunStep | None:
    todo = RunStep.objects.filter(run_id=work.payload["run"]).exclude(state=RunStep.State.DONE)
    return todo.select_related("run").order_by("position").first()


def announce(work: Work) -> None:
    """Say that the next step begins, so that the runs page shows it while it works."""
    step = _next_step(work)
    if step:
        RunStep.objects.filter(id=step.id).update(state=RunStep.State.STARTED, started_at=timezone.now(), error="")
        Run.objects.filter(id=step.run_id, state=Run.State.FAILED).update(state=Run.State.RUNNING, finished_at=None)


def failed(work: Work, message: str, final: bool) -> None:
    """Keep the error on the step, and end the run when there will be no further attempt."""
    step = _next_step(work)
    if step:
        state = RunStep.State.FAILED if final else RunStep.State.PENDING
        RunStep.objects.filter(id=step.id).update(error=message, state=state, attempts=step.attempts + 1)
        if final:
            Run.objects.filter(id=step.run_id).update(state=Run.State.FAILED, finished_at=timezone.now())


def do_next(work: Work, steps: Sequence[Step]) -> bool:
    """Do the next step of the run named in the payload; whether another remains."""
    step = _next_step(work)
    if step is None:
        return False
    functions: dict[str, Callable[[date], int]] = dict(steps)
    begin = monotonic()
    rows = functions[step.name](step.run.as_of)
    RunStep.objects.filter(id=step.id).update(
        state=RunStep.State.DONE,
        rows=rows,
        milliseconds=round((monotonic() - begin) * 1000),
        finished_at=timezone.now(),
    )
    if _next_step(work) is None:
        Run.objects.filter(id=step.run_id).update(state=Run.State.DONE, finished_at=timezone.now())
        return False
    return True


def summary(run: Run) -> list[dict[str, Any]]:
    """Steps with rows and milliseconds, as the nightly command prints them."""
    return [{"step": s.name, "state": s.state, "rows": s.rows, "ms": s.milliseconds} for s in run.steps.all()]


def report(check: str, as_of: date, problems: dict[str, str]) -> None:
    """Make the open findings of `check` be exactly `problems` (subject to sentence): new ones open, gone ones resolve."""
    still_open = {f.subject: f for f in Finding.objects.filter(name=check, resolved_at=None)}
    for subject, finding in still_open.items():
        if subject not in problems:
            Finding.objects.filter(id=finding.id).update(resolved_at=timezone.now())
        else:
            Finding.objects.filter(id=finding.id).update(message=problems[subject], as_of=as_of)
    Finding.objects.bulk_create(
        Finding(name=check, subject=subject, as_of=as_of, message=message)
        for subject, message in problems.items()
        if subject not in still_open
    )
