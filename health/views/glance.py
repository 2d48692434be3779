"""Pieces of the account's Overview: what changed and why, the path to green in short, open alerts, success criteria.

The page belongs to the floor below; it asks for these as it opens, and links to the tabs where they stand in full.
"""

import datetime as dt
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _

from accounts.account_frame import account_frame, open_account
from accounts.cells import score_text
from accounts.formulas import cut
from accounts.models import Account
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from health.alerts.cells import alert_row
from health.enums import AlertState, Component
from health.models import Alert, HealthScore
from health.outcomes import cells as outcome_cells
from health.outcomes import selectors as outcome_selectors
from health.scoring import diff, path, selectors, tab_cells
from health.scoring.indicators import signed

BACK = 7  # days
LEAST = 0.5  # points that a component moved, to be named
STEPS = 4
ALERTS = 5
CRITERIA = 4


@requires(Permission.VIEW_ACCOUNTS)
def glance(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """The score against the week before, component by component, and what would heal it."""
    account = open_account(request, account_id)
    latest = HealthScore.objects.filter(account_id=account.id).order_by("-as_of").first()
    context = account_frame(request, account, "overview") if not request.htmx else {"account": account}
    context["latest"] = latest
    if latest is not None:
        context |= _score(account, latest, request.tenant.today())
    return page(request, "health/glance.html", context, pieces=("account-glance",))


def _score(account: Account, latest: HealthScore, today: dt.date) -> dict[str, Any]:
    before = diff.row_on(account.id, latest.as_of - dt.timedelta(days=BACK))
    read = selectors.definitions(row.version_id for row in (latest, before) if row)
    definition = read[latest.version_id]
    found = diff.explain(account, before, latest, read)
    rows = _why(found) if found else []
    tenure = diff.tenure_on(diff.started_on(account), latest.as_of)
    way = (
        tab_cells.path_rows(path.paths(definition, list(latest.raw), tenure), definition)
        if latest.score is not None
        else None
    )
    known = sum(value is not None for value in latest.raw)
    return {
        "finding": _finding(found, today, rows) if found else "",
        "why": rows,
        "low": min([0.0, *[row["value"] for row in rows]]),
        "high": max([0.0, *[row["value"] for row in rows]]),
        "sum": _sum(found) if found else None,
        "known": _("%(known)s of %(all)s factors have a value") % {"known": known, "all": len(latest.raw)},
        "path": way,
        "steps": way["rows"][:STEPS] if way else [],
        "scored": latest.score is not None,
    }


def _finding(found: diff.Difference, today: dt.date, rows: list[dict[str, Any]]) -> str:
    """−51 since 14 November: usage −23, engagement −14. The reasons stand in the rows below it."""
    head = diff.sentence(found, today=today, components=0)
    strongest = [f"{str(row['name']).lower()} {row['points']}" for row in rows[:2] if abs(row["value"]) >= LEAST]
    return f"{head}: {', '.join(strongest)}." if strongest else f"{head}."


def _why(found: diff.Difference) -> list[dict[str, Any]]:
    """A row for each component with its two strongest reasons; the tenths of its drivers add up to the last row."""
    groups: dict[Any, list[tuple[diff.Driver, float]]] = {}
    for driver, tenth in found.tenths():
        groups.setdefault(driver.component or driver.key, []).append((driver, tenth))
    rows = []
    for name, own in groups.items():
        points = round(sum(tenth for _driver, tenth in own), 1)
        label = name.label if isinstance(name, Component) else _("Data and model")
        rows.append(
            {
                "name": label,
                "value": points,
                "points": signed(points),
                "text": "; ".join(driver.told() for driver, _tenth in own[:2]),
            }
        )
    return sorted(rows, key=lambda row: -abs(row["value"]))


def _sum(found: diff.Difference) -> dict[str, str] | None:
    if found.before is None or found.after is None:
        return None
    points = float(cut(found.after, 1) - cut(found.before, 1))
    return {
        "text": _("Score, %(before)s to %(after)s")
        % {"before": score_text(found.before, 1), "after": score_text(found.after, 1)},
        "points": signed(points),
        "tone": "neg" if points < 0 else "pos" if points > 0 else "",
    }


@requires(Permission.VIEW_ACCOUNTS)
def aside(request: TenantRequest, account_id: UUID) -> HttpResponse:
    """Open alerts, those without an answer first, and the success criteria that need somebody first."""
    account, today = open_account(request, account_id), request.tenant.today()
    rows = Alert.objects.filter(account=account, state=AlertState.OPEN).select_related("account")
    alerts = list(rows.order_by("answered_at", "due_on", "-opened_at", "-id")[: ALERTS + 1])
    alerts.sort(key=lambda alert: alert.answered_at is not None)
    criteria = outcome_selectors.criteria(account, today)
    context = account_frame(request, account, "overview") if not request.htmx else {"account": account}
    context |= {
        "alerts": [alert_row(alert, request.tenant.slug, today) for alert in alerts[:ALERTS]],
        "more_alerts": len(alerts) > ALERTS,
        "goals": outcome_cells.rows(criteria[:CRITERIA], request.tenant, account, today),
        "goals_meta": outcome_cells.meta(criteria) if criteria else "",
    }
    return page(request, "health/aside.html", context, pieces=("account-aside",))
