"""What the journey pages are asked: a span of days, filters, and how figures are cut; read from and written to the URL."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode
from uuid import UUID

from django.db.models import Q
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from cs_platform.kernel.keyset import Cursor, Listing, bigint_of, uuid_of
from cs_platform.kernel.periods import add_months
from journey.enums import Stage

SPANS: dict[str, Promise] = {
    "90": _("Last 90 days"),
    "quarter": _("Last quarter"),
    "365": _("Last 12 months"),
}
CUTS: dict[str, Promise] = {
    "segment": _("Segment"),
    "source": _("Source"),
    "size": _("Size"),
    "tier": _("Touch model"),
}
SPEEDS = (Stage.ONBOARDING, Stage.ADOPTION, Stage.EXPANSION, Stage.RENEWAL)
COUNTS = ("tracks", "arr")


@dataclass(frozen=True)
class Span:
    """Days from `first` to `last`, both included, and the day that the span of the same length before it begins on."""

    first: dt.date
    last: dt.date
    before_first: dt.date


def span_of(name: str, today: dt.date) -> Span:
    """The days that a choice of SPANS means.

    Example: on 21 November 2026 the last quarter is July to September, compared with April to June.
    """
    if name == "quarter":
        begins = dt.date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
        return Span(add_months(begins, -3), begins - dt.timedelta(days=1), add_months(begins, -6))
    length = dt.timedelta(days=int(name))
    first = today - length + dt.timedelta(days=1)
    return Span(first, today, first - length)


@dataclass(frozen=True)
class Choice:
    """The state of the page; `query()` writes it back. What is none of the choices falls back to the usual one."""

    span: str = "90"
    team: str = ""
    csm: str = ""
    segment: str = ""
    by: str = "segment"
    speed: str = str(Stage.ONBOARDING)
    count: str = COUNTS[0]

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> Self:
        usual = cls()

        def one_of(name: str, known: Any) -> str:
            value = params.get(name, "")
            return value if value in known else str(getattr(usual, name))

        return cls(
            span=one_of("span", SPANS),
            team=str(uuid_of(params.get("team", "")) or ""),
            csm=str(uuid_of(params.get("csm", "")) or ""),
            segment=str(uuid_of(params.get("segment", "")) or ""),
            by=one_of("by", CUTS),
            speed=one_of("speed", SPEEDS),
            count=one_of("count", COUNTS),
        )

    def query(self, **changes: Any) -> str:
        changed, usual = replace(self, **changes), type(self)()
        pairs = {field.name: getattr(changed, field.name) for field in fields(self)}
        return urlencode({name: value for name, value in pairs.items() if value != getattr(usual, name)})

    def narrowing(self) -> Q:
        """What the filters leave of rows with `owner` and `segment`, like accounts; an id that nobody has leaves none."""
        chosen = {"owner__team": self.team, "owner": self.csm, "segment": self.segment}
        return Q(**{name: value for name, value in chosen.items() if value})


SHOWS: dict[str, Promise] = {
    "open": _("Open"),
    "in": _("Came in"),
    "new": _("New"),
    "completed": _("Completed"),
    "ended": _("Ended"),
    "back": _("Went back"),
    "skipped": _("Skipped"),
    "left": _("Given up"),
    "override": _("Completed without all criteria"),
    "churned": _("The customer left"),
    "stalled": _("Stalled"),
    "flag": _("To look at"),
}


@dataclass(frozen=True)
class Listed:
    """Which periods a list shows: the number of the page that was opened (`show`), and what narrows it."""

    show: str = "open"
    stage: str = ""
    cause: str = ""
    blocker: str = ""
    to: str = ""
    source: str = ""  # the stage they came from
    flag: str = ""  # one of stages.flags.Key
    cut: str = ""
    value: str = ""

    @classmethod
    def parse(cls, params: Mapping[str, str]) -> Self:
        """Words of the URL; one that is no choice is left out, except `value`, which is a text."""
        show, cut = params.get("show", ""), params.get("cut", "")
        text = {name: params.get(name, "").replace("\0", "")[:60] for name in ("cause", "blocker", "flag")}
        return cls(
            show=show if show in SHOWS else "open",
            cut=cut if cut in CUTS else "",
            value=params.get("value", "").replace("\0", "")[:200] if cut in CUTS else "",
            **{
                name: params.get(name, "") if params.get(name, "") in Stage.values else ""
                for name in ("stage", "to", "source")
            },
            **text,
        )

    def pairs(self, **changes: Any) -> dict[str, str]:
        """For a query string; what is empty is left out, but an empty value of a cut is one."""
        found = {field.name: getattr(self, field.name) for field in fields(self)} | changes
        return {n: str(v) for n, v in found.items() if v or (n == "value" and found["cut"])}


@dataclass(frozen=True, kw_only=True)
class TrackList(Listing):
    """The list of stages behind a number of the page, the longest first."""

    choice: Choice
    listed: Listed

    @classmethod
    def parse(cls, given: Mapping[str, str]) -> Self:
        return cls(choice=Choice.parse(given), listed=Listed.parse(given), cursor=Cursor.of(given, bigint_of))

    def pairs(self) -> list[tuple[str, str]]:
        return [*parse_qsl(self.choice.query()), *self.listed.pairs().items()]

    def place(self, row: Any) -> tuple[UUID, tuple[Any, ...]]:
        return row["period_id"], (row["length"],)
