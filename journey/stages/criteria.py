"""What each stage asks for: the catalogue of criteria (JRN-07, JRN-15, JRN-21, EXP-01, EXP-10, REN-03), and how a company set it.

A measured criterion is read from facts whenever it is shown, an attested one is a member's word, a confirmed one the
customer's. A company may switch, re-threshold and add (`StageCriterion`); the go-live stays the customer's (JRN-07).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from journey.enums import Evidence, Stage, TrackKind
from journey.models import StageCriterion

SHARE = "share"
FEATURES = "features"
PEOPLE = "people"
TEAMS = "teams"
DAYS = "days"
TICKETS = "tickets"
STORIES = "stories"
UNITS: dict[str, Promise] = {
    SHARE: _("percent"),
    FEATURES: _("features"),
    PEOPLE: _("people"),
    TEAMS: _("teams"),
    DAYS: _("days"),
    TICKETS: _("tickets"),
    STORIES: _("value stories"),
}


@dataclass(frozen=True)
class Criterion:
    """One thing that a stage asks for. `threshold` is in `unit` (a share between 0 and 1) and empty where there is nothing
    to set; with `at_most` it must not be passed, else it must be reached."""

    stage: str
    key: str
    label: Promise | str
    how: str
    threshold: Decimal | None = None
    unit: str = ""
    explained: Promise | str = ""
    at_most: bool = False
    # Where nothing is known to measure it by, a person may attest it.
    fallback: bool = False
    # Asked of the core track only.
    core_only: bool = False
    # Neither switched off nor attested by us.
    fixed: bool = False
    own: bool = False
    enabled: bool = True
    version: int = 0

    @property
    def usual_label(self) -> Promise | str:
        """What the catalogue calls it; its own label where it is the company's own."""
        known = BUILT_IN.get((self.stage, self.key))
        return known.label if known else self.label


def _measured(stage: str, key: str, label: Promise, threshold: str = "", unit: str = "", **more: object) -> Criterion:
    limit = Decimal(threshold) if threshold else None
    return Criterion(stage, key, label, Evidence.MEASURED, limit, unit, **more)  # type: ignore[arg-type]


def _attested(stage: str, key: str, label: Promise, explained: Promise | str = "") -> Criterion:
    return Criterion(stage, key, label, Evidence.ATTESTED, explained=explained)


GO_LIVE = "go_live"
CATALOGUE: tuple[Criterion, ...] = (
    _attested(Stage.ONBOARDING, "technical", _("Technical implementation complete")),
    _measured(
        Stage.ONBOARDING, "core_users", _("Core users trained and active"), "0.7", SHARE, fallback=True,
        explained=_("Share of the people marked as core users, else of the seats, who were active in 28 days."),
    ),
    _attested(Stage.ONBOARDING, "use_case", _("Initial use case live in production")),
    _measured(
        Stage.ONBOARDING, "first_value", _("First business value achieved and documented"),
        explained=_("A success criterion marked as first value is confirmed or reached, and its story is written."),
    ),
    Criterion(
        Stage.ONBOARDING, GO_LIVE, _("Customer confirmed the go-live"), Evidence.CONFIRMED, fixed=True,
        explained=_("Somebody at the customer says so, through a link that needs no account. Nobody here can."),
    ),
    _measured(
        Stage.ADOPTION, "seats", _("Bought seats active"), "0.7", SHARE, fallback=True,
        explained=_("People active in 28 days, as a share of the seats."),
    ),
    _measured(
        Stage.ADOPTION, "breadth", _("Features beyond the initial use case"), "3", FEATURES, fallback=True,
        explained=_("Features that five or more people used in 28 days, without the one used most."),
    ),
    _measured(
        Stage.ADOPTION, "rhythm", _("Daily or weekly habit"), "0.5", SHARE, fallback=True,
        explained=_("Share of the active people who came in at least three of the past four weeks."),
    ),
    _measured(
        Stage.ADOPTION, "departments", _("More departments or teams on board"), "1", TEAMS, fallback=True, core_only=True,
        explained=_("Departments with active people in 28 days, and further tracks that completed their onboarding."),
    ),
    _attested(
        Stage.ADOPTION, "power_users", _("Power users and champions named and engaged"),
        _("By name, and in touch with us."),
    ),
    _measured(
        Stage.RETENTION, "health", _("Health consistently green"), "28", DAYS,
        explained=_("Days in a row with a green score."),
    ),
    _measured(
        Stage.RETENTION, "usage", _("Usage sustained or growing"), "0.9", SHARE, fallback=True,
        explained=_("Days of use of the past 28 days against the 28 before."),
    ),
    _measured(
        Stage.RETENTION, "stakeholders", _("Stakeholders active"), "2", PEOPLE,
        explained=_("People of the account who met, wrote to or answered us within 90 days."),
    ),
    _measured(
        Stage.RETENTION, "issues", _("No major unresolved issue"), "0", TICKETS, at_most=True,
        explained=_("Open tickets that are urgent, high or escalated."),
    ),
    _measured(
        Stage.RETENTION, "value", _("Value documented and communicated"), "1", STORIES,
        explained=_("Success criteria confirmed or reached within a year, with a story."),
    ),
    _attested(Stage.RETENTION, "risk", _("Renewal risk low or medium")),
    _measured(
        Stage.EXPANSION, "first_value", _("First business value achieved and documented"),
        explained=_("The right to expand is earned."),
    ),
    _measured(
        Stage.EXPANSION, "health", _("Health green"), "1", DAYS, explained=_("Days in a row with a green score."),
    ),
    _attested(Stage.EXPANSION, "qualified", _("Need and buyer qualified")),
    _attested(Stage.EXPANSION, "agreed", _("Expansion agreed")),
    _measured(
        Stage.RENEWAL, "value", _("Value documented and communicated"), "1", STORIES,
        explained=_("Success criteria confirmed or reached within a year, with a story."),
    ),
    _attested(Stage.RENEWAL, "decision_maker", _("Decision maker said that they will renew")),
    _attested(Stage.RENEWAL, "terms", _("Terms agreed and signed")),
    _measured(
        Stage.ADVOCACY, "value", _("A value story to tell"), "1", STORIES,
        explained=_("Success criteria confirmed or reached within a year, with a story."),
    ),
    _measured(
        Stage.ADVOCACY, "health", _("Health green"), "1", DAYS, explained=_("Days in a row with a green score."),
    ),
    _attested(Stage.ADVOCACY, "willing", _("Willing to speak for us, and for what")),
    _attested(Stage.ADVOCACY, "given", _("Reference, review or referral given")),
)  # fmt: skip
BUILT_IN: dict[tuple[str, str], Criterion] = {(each.stage, each.key): each for each in CATALOGUE}
STANDING_STAGES = frozenset({Stage.RETENTION})  # run for the whole lifetime and are never completed (JRN-21)


def as_set(rows: Iterable[StageCriterion]) -> dict[str, list[Criterion]]:
    """All criteria by stage as these rows set them, switched-off ones included, own ones last."""
    own = {(row.stage, row.key): row for row in rows}
    found: dict[str, list[Criterion]] = {stage: [] for stage in Stage.values}
    for key, criterion in BUILT_IN.items():
        row = own.pop(key, None)
        found[criterion.stage].append(_merged(criterion, row) if row else criterion)
    for row in sorted(own.values(), key=lambda each: (each.position, each.key)):
        found[row.stage].append(
            Criterion(
                row.stage,
                row.key,
                row.label,
                row.how,
                own=True,
                enabled=row.enabled,
                version=row.version,
            )  # fmt: skip
        )
    return found


def _merged(criterion: Criterion, row: StageCriterion) -> Criterion:
    limit = criterion.threshold if row.threshold is None else row.threshold
    enabled = row.enabled or criterion.fixed
    return replace(
        criterion,
        label=row.label or criterion.label,
        threshold=None if criterion.threshold is None else limit,
        enabled=enabled,
        version=row.version,
    )


def criteria_of_all() -> dict[str, list[Criterion]]:
    """What the current tenant asks of each stage, switched-off criteria included."""
    return as_set(StageCriterion.objects.all())


def asked(criteria: Iterable[Criterion], kind: str) -> list[Criterion]:
    """Those of `criteria` that a track of this kind must meet."""
    return [each for each in criteria if each.enabled and (kind == TrackKind.CORE or not each.core_only)]
