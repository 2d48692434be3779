"""Insights → Time to value: how long customers take from signature to first use, to the end of onboarding, and to the
first value that they confirmed; and who is late (MET-14, E19)."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.models import Account, Segment
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.htmx import page
from cs_platform.kernel.keyset import uuid_of
from cs_platform.kernel.periods import add_months, month_of
from cs_platform.kernel.sheets import csv_file
from cs_platform.kernel.templatetags.cells import day_text, number_text
from metrics.enums import Metric
from metrics.figures import selectors
from metrics.insights import clocks_cells as columns
from metrics.insights.clocks import CLOCKS, STATES, Behind, Clocks, by_value, summary
from metrics.showing.board_cells import hidden_text

SHOWN = 50
SPANS = (12, 24, 60)
CUTS = ("segment", "source", "quarter", "owner")


@dataclass(frozen=True)
class Choice:
    """What the page is asked: clock, months of signatures, segment, cut of the table; state and group of the list. Without
    a state the list is the first one that holds anybody."""

    clock: str = Metric.TTV.value
    months: int = SPANS[1]
    segment: str = ""
    by: str = CUTS[0]
    state: str = ""
    cut: str = "all"
    value: str = ""
    after: UUID | None = None

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> Self:
        """What is none of the choices falls back to the usual one."""
        usual = cls()
        clock, months, state = params.get("clock", ""), params.get("months", ""), params.get("state", "")
        by, cut = params.get("by", ""), params.get("cut", "")
        return cls(
            clock=clock if clock in {each.value for each in CLOCKS} else usual.clock,
            months=int(months) if months in {str(span) for span in SPANS} else usual.months,
            segment=params.get("segment", "").replace("\0", ""),
            by=by if by in CUTS else usual.by,
            state=state if state in (*STATES, "all") else usual.state,
            cut=cut if cut in CUTS else usual.cut,
            value=params.get("value", "").replace("\0", "")[:200] if cut in CUTS else "",
            after=uuid_of(params.get("after", "")),
        )

    def query(self, **changes: Any) -> str:
        changed = replace(self, **({"after": None} | changes))
        usual = type(self)()
        pairs = {name: getattr(changed, name) for name in self.__dataclass_fields__}
        return urlencode(
            {n: v for n, v in pairs.items() if v != getattr(usual, n) or (n == "value" and changed.cut != "all")}
        )


def _clocks(request: TenantRequest, choice: Choice) -> tuple[Clocks, dt.date]:
    as_of = request.tenant.figures_as_of
    first = add_months(month_of(as_of), 1 - choice.months)
    return Clocks(as_of=as_of, signed_from=first, segment=choice.segment), first


@requires(Permission.VIEW_BOARD)
def time_to_value(request: TenantRequest) -> HttpResponse:
    """Three clocks, cut by segment, source, quarter signed or CSM; curves by segment; the list of who is late."""
    choice = Choice.parse(request.GET.dict())
    segments = list(Segment.objects.values_list("name", "profile"))
    selectors.known_segment(choice.segment, [name for name, _profile in segments])
    url = reverse("time_to_value", args=[request.tenant.slug])

    def link(**changes: Any) -> str:
        return f"{url}?{choice.query(**changes)}"

    made, first = _clocks(request, choice)
    everybody = made.rows()
    of_clock = {clock.value: summary(row for row in everybody if row.clock == clock) for clock in CLOCKS}
    profiles = columns.profiles_of(segments)
    by_segment = by_value(made.rows("segment"), choice.clock)
    groups = by_segment if choice.by == "segment" else by_value(made.rows(choice.by), choice.clock)
    names = {"segment": _("Segment"), "source": _("Source"), "quarter": _("Quarter signed"), "owner": _("CSM")}
    context = {
        "any": Account.objects.exclude(signed_on=None).exists(),
        "url": url,
        "choice": choice,
        "csv_url": f"{reverse('time_to_value_csv', args=[request.tenant.slug])}?{choice.query()}",
        "subline": _("Customers signed since %(first)s, as of %(day)s")
        % {"first": day_text(first), "day": day_text(request.tenant.figures_as_of)},
        "spans": [
            {
                "label": ngettext("%(n)s month", "%(n)s months", n) % {"n": n},
                "url": link(months=n),
                "on": n == choice.months,
            }
            for n in SPANS
        ],
        "segments": [name for name, _profile in segments],
        "chip_url": link(segment=""),
        "tiles": columns.tiles(of_clock, choice.clock, first, request.tenant.figures_as_of, link),
        "title": Metric(choice.clock).label,
        "cuts": [{"label": label, "url": link(by=name), "on": name == choice.by} for name, label in names.items()],
        "cut_name": names[choice.by],
        "groups": columns.group_rows(groups, choice.by, choice.clock, profiles, link),
        "curves": columns.curves(by_segment, profiles, choice.clock),
        "note": columns.note(made.usage_from, choice.clock, first),
        **_list(request, made, choice, names, link),
    }
    return page(request, "metrics/time_to_value.html", context, pieces=("time-to-value",))


def _behind(request: TenantRequest, made: Clocks, choice: Choice, limit: int | None) -> tuple[str, Behind]:
    """The list that is asked for and its state; without one the first that holds anybody, late ones before all others."""
    for state in [choice.state] if choice.state else STATES:
        found = made.behind(
            request.member,
            choice.clock,
            state=state,
            cut=choice.cut,
            value=choice.value,
            after=choice.after,
            limit=limit,
        )
        if found.accounts:
            return state, found
    return choice.state or STATES[0], Behind([], 0, 0)


def _list(request: TenantRequest, made: Clocks, choice: Choice, names: dict[str, str], link: Any) -> dict[str, Any]:
    state, found = _behind(request, made, choice, SHOWN + 1)
    seen = found.accounts - found.hidden
    group = ""
    if choice.cut != "all":
        group = columns.value_name(choice.cut, choice.value)
    return {
        "states": columns.states(state, link),
        "group": {"label": names[choice.cut], "value": group, "url": link(cut="all", value="")} if group else None,
        "rows": [columns.row(request.tenant.slug, line, choice.clock) for line in found.lines[:SHOWN]],
        "hidden": hidden_text(found.hidden) if found.hidden else "",
        "foot": {
            "shown": ngettext("%(n)s customer", "%(n)s customers", seen) % {"n": number_text(seen)},
            "sorted": _("furthest over the target first"),
            "previous_url": link() if choice.after else "",
            "next_url": link(state=state, after=found.lines[SHOWN - 1].account_id) if len(found.lines) > SHOWN else "",
        },
    }


@requires(Permission.VIEW_BOARD)
def time_to_value_csv(request: TenantRequest) -> HttpResponse:
    """The list as a file: all three days of each customer that the reader may open."""
    choice = Choice.parse(request.GET.dict())
    selectors.known_segment(choice.segment, selectors.segment_names())
    made, _first = _clocks(request, choice)
    _state, found = _behind(request, made, replace(choice, after=None), None)
    head = [
        "account", "name", "segment", "source", "csm", "signed_on", "clock", "days", "target", "state", "first_use",
        "onboarding_complete", "first_value", "waits_for",
    ]  # fmt: skip
    rows = [
        [
            line.external_id, line.name, line.segment, line.source, line.owner, line.signed_on, choice.clock, line.days,
            line.target if line.target is not None else "",
            "reached" if line.reached else "left" if line.left_it else "open",
            line.login_on or "", line.onboarding_on or "", line.value_on or "", columns.waits_for(line, choice.clock),
        ]
        for line in found.lines
    ]  # fmt: skip
    return csv_file(f"{choice.clock}-{request.tenant.slug}.csv", head, rows)
