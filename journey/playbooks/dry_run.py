"""What a playbook would have done in the past 90 days: the alert rule's simulation, then the same choice as the night's.

Conditions are judged on how the accounts stand now: how they stood on each past day is not kept for all of them.
"""

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from uuid import UUID

from accounts.models import Account
from health.alerts import jobs as alert_jobs
from health.alerts import services as alert_services
from journey.models import Playbook
from journey.playbooks import engine
from journey.playbooks.definition import Standing, Steps
from journey.playbooks.engine import Cause, HeldBack, Limits
from journey.playbooks.standings import standings


@dataclass
class Trial:
    """`fired` alerts on `looked_at` accounts; `plays` (account, day) that would have begun; what was held back, by reason;
    `weeks` of tasks by their Monday, every week between the first and the last."""

    days: int
    looked_at: int
    fired: int
    plays: list[tuple[UUID, dt.date]] = field(default_factory=list)
    held_back: Counter[HeldBack] = field(default_factory=Counter)
    weeks: dict[dt.date, int] = field(default_factory=dict)
    doers: Counter[str] = field(default_factory=Counter)
    mails: int = 0
    left_out: int = 0

    @property
    def accounts(self) -> int:
        return len({account for account, _day in self.plays})

    @property
    def tasks(self) -> int:
        return sum(self.weeks.values())


def dry_run(playbook: Playbook, steps: Steps, as_of: dt.date) -> Trial:
    """Play `steps` over the past 90 days under the playbook's cap, cool-down and segment. Nothing is written."""
    setting = alert_jobs.setting_of(playbook.rule)
    simulated = alert_services.simulate(
        rule=setting.rule,
        thresholds=setting.thresholds,
        cap=setting.cap,
        cooldown_days=setting.cooldown_days,
        as_of=as_of,
    )
    return replay(simulated.fired, simulated.days, simulated.looked_at, playbook, steps, as_of)


def replay(
    fired: list[tuple[UUID, dt.date]], days: int, looked_at: int, playbook: Playbook, steps: Steps, as_of: dt.date
) -> Trial:
    """The plays that these firings (account, day) would have started, their tasks week by week and their mails.

    A play counts as running until its last step's day: nobody was there to finish it earlier.
    """
    accounts = {account for account, _day in fired}
    now = standings(accounts, as_of)
    money = dict(Account.objects.filter(id__in=accounts).values_list("id", "mrr_minor"))
    if playbook.segment_id:
        fired = [pair for pair in fired if pair[0] in now and now[pair[0]].segment_id == playbook.segment_id]
    trial = Trial(days, looked_at, len(fired))
    limits = Limits(playbook.cap, playbook.cooldown_days)
    began: dict[UUID, dt.date] = {}
    by_week: Counter[dt.date] = Counter()
    for day in sorted({day for _account, day in fired}):
        causes = [Cause(account, day, money.get(account, 0)) for account, on in fired if on == day]
        running = {account for account, on in began.items() if (day - on).days < steps.days}
        chosen = engine.choose(causes, limits, day, running=running, began=began)
        trial.held_back.update(reason for _cause, reason in chosen.held_back)
        for cause in chosen.starts:
            began[cause.account_id] = day
            trial.plays.append((cause.account_id, day))
            standing = now.get(cause.account_id, Standing(cause.account_id))
            for step in steps.steps:
                on = day + dt.timedelta(days=step.days)
                if step.condition.failing(standing, on):
                    trial.left_out += 1
                    continue
                if step.mail is not None:
                    trial.mails += 1
                    continue
                by_week[on - dt.timedelta(days=on.weekday())] += 1
                trial.doers[step.doer] += 1
    if by_week:
        monday, last = min(by_week), max(by_week)
        while monday <= last:
            trial.weeks[monday] = by_week[monday]
            monday += dt.timedelta(days=7)
    return trial
