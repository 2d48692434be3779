"""What became of renewals, in words and figures: rates with a picture and a table whose numbers open their renewals (REN-03,
REN-05). No request, no query."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts.cells import arr_text
from accounts.models import Tenant
from cs_platform.kernel.templatetags.cells import day_text, number_text, percent_text
from renewals import charts, results
from renewals.lifecycle import ENDS, KEPT
from renewals.listing import NONE
from renewals.results import TARGET, Ended, Result
from renewals.scores import quarter_text

DRAWN = 12  # groups of a picture: more are read in the table
Link = Callable[..., str]


def quarter_name(key: str) -> str:
    """Example: 2026-Q4 is Q4 26."""
    year, number = key.split("-Q")
    return _("Q%(quarter)s %(year)s") % {"quarter": number, "year": year[2:]}


class Group(NamedTuple):
    """Renewals that are added up together: by what they are ordered, their name, and the filter of the list that asks for them
    ("" where it has none)."""

    order: str
    name: str
    filter: str
    value: str


def _quarter(row: Ended) -> Group:
    key = quarter_text(row.due_on)
    return Group(key, quarter_name(key), "due", key)


def _segment(row: Ended) -> Group:
    return Group(row.segment, row.segment or _("No segment"), "segment" if row.segment else "", row.segment)


def _csm(row: Ended) -> Group:
    return Group(row.csm, row.csm or _("Nobody"), "csm", str(row.csm_id) if row.csm_id else NONE)


def _cohort(row: Ended) -> Group:
    if row.since is None:
        return Group("", _("Not known"), "since", NONE)
    key = quarter_text(row.since)
    return Group(key, quarter_name(key), "since", key)


CUTS: Mapping[str, tuple[Any, Callable[[Ended], Group]]] = {
    "quarter": (gettext_lazy("Quarter"), _quarter),
    "segment": (gettext_lazy("Segment"), _segment),
    "csm": (gettext_lazy("CSM"), _csm),
    "cohort": (gettext_lazy("Customer since"), _cohort),
}


def tiles(whole: Result, tenant: Tenant, url: Link, first: dt.date, last: dt.date) -> list[dict[str, Any]]:
    """Three rates, and how early it was certain."""
    money = {"kept": arr_text(whole.kept_mrr, tenant.currency), "due": arr_text(whole.mrr, tenant.currency)}
    paid = money | {"kept": arr_text(whole.paid_mrr, tenant.currency)}
    spoken = _("%(kept)s of %(due)s")
    count = {"kept": number_text(whole.kept, 0), "due": number_text(whole.decided, 0)}
    return [
        {
            "label": _("Gross renewal rate"),
            "value": percent_text(whole.rate),
            "url": url(state=ENDS),
            "foot": spoken % money,
            "definition": definition(tenant, first, last),
            "current": True,
        },
        {
            "label": _("Net renewal rate"),
            "value": percent_text(whole.net_rate),
            "url": url(state=ENDS),
            "foot": spoken % paid,
        },
        {
            "label": _("Renewals kept"),
            "value": percent_text(whole.logo_rate),
            "url": url(state=KEPT),
            "foot": spoken % count,
        },
        {
            "label": _("Certain 30 days before"),
            "value": percent_text(whole.early / whole.kept if whole.kept else None),
            "url": url(certain=("early",), state=KEPT),
            "foot": spoken % (count | {"kept": number_text(whole.early, 0), "due": number_text(whole.kept, 0)}),
        },
        {
            "label": _("Certain by the end"),
            "value": percent_text(whole.on_time / whole.kept if whole.kept else None),
            "url": url(certain=("in_time",), state=KEPT),
            "foot": spoken % (count | {"kept": number_text(whole.on_time, 0), "due": number_text(whole.kept, 0)}),
        },
    ]


def definition(tenant: Tenant, first: dt.date, last: dt.date) -> dict[str, Any]:
    return {
        "id": "renewal-rate",
        "term": _("Renewal rate"),
        "formula": _("Gross: Σ min(kept, due) ÷ Σ due. Net: Σ kept ÷ Σ due. Renewals kept: kept ÷ decided"),
        "cohort": _("renewals that came due and are decided, of accounts that you see"),
        "period": _("due from %(first)s to %(last)s, as of %(day)s")
        % {"first": day_text(first), "last": day_text(last), "day": day_text(tenant.today())},
        "fx": _("As it was when each closed."),
        "note": _("Segment, CSM and start are the account's of today. The goal is %(goal)s of the money.")
        % {"goal": percent_text(TARGET, 0)},
    }


def table(rows: Sequence[Ended], by: str, url: Link, tenant: Tenant) -> dict[str, Any]:
    """The groups of a cut with their picture: {"figure", "finding", "table", "cuts"}; each count opens exactly its renewals."""
    label, group = CUTS[by]
    found = sorted(results.results(rows, group).items(), key=lambda item: item[0])
    drawn = found[-DRAWN:]
    names = {"system": _("Gross"), "csm": _("Net"), "leader": _("Renewals")}
    values: dict[str, list[float | None]] = {
        "system": [one.rate for _key, one in drawn],
        "csm": [one.net_rate for _key, one in drawn],
        "leader": [one.logo_rate for _key, one in drawn],
    }
    # The table below has the numbers: above bars they would lie on each other.
    bars = {colour: (name, values[colour], [""] * len(drawn)) for colour, name in names.items()}
    whole = results.total(rows)
    said = {
        "gross": percent_text(whole.rate),
        "net": percent_text(whole.net_rate),
        "logo": percent_text(whole.logo_rate),
    }
    return {
        "figure": charts.rates([key.name for key, _one in drawn], bars, TARGET),
        "finding": _("Gross renewal rate %(gross)s, net %(net)s, renewals kept %(logo)s.") % said,
        "table": {
            "head": [
                label, _("Due"), _("Decided"), _("Kept"), _("30 days before"), _("By the end"), _("ARR decided"), _("Gross"), _("Net"),
                _("Renewals"),
            ],
            "rows": [
                [key.name, *_cells(one, tenant, partial(url, **{key.filter: (key.value,)}) if key.filter else None)]
                for key, one in found
            ],
            "foot": [_("Together"), *(cell["text"] for cell in _cells(whole, tenant, None))],
        },
        "more": _("Drawn: the last %(n)s.") % {"n": DRAWN} if len(found) > DRAWN else "",
    }  # fmt: skip


def _cells(one: Result, tenant: Tenant, url: Link | None) -> list[dict[str, Any]]:
    """Counts that open their renewals, then money and rates."""
    asked: list[tuple[int, dict[str, Any]]] = [
        (one.due, {}),
        (one.decided, {"state": ENDS}),
        (one.kept, {"state": KEPT}),
        (one.early, {"state": KEPT, "certain": ("early",)}),
        (one.on_time, {"state": KEPT, "certain": ("in_time",)}),
    ]
    cells: list[dict[str, Any]] = [
        {"text": number_text(count, 0), "url": url(**to) if url and count else ""} for count, to in asked
    ]
    low = one.reached is False
    return [
        *cells,
        {"text": arr_text(one.mrr, tenant.currency)},
        {"text": percent_text(one.rate), "tone": "late" if low else "b"},
        {"text": percent_text(one.net_rate)},
        {"text": percent_text(one.logo_rate)},
    ]
