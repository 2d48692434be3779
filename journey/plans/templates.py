"""What plans begin with (JRN-12, VAL-02): templates of the product by profile, and those that a company writes itself.

Names of milestones stand here in English and are written into a plan in one language; from then on they are its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, gettext_noop, override

from accounts.customers import refused
from accounts.enums import Profile
from accounts.models import Segment
from journey.enums import PlanKind, Stage
from journey.models import PlanTemplate
from journey.stages.criteria import criteria_of_all
from journey.stages.targets import profile_of

MOST = 60  # milestones of a plan
LONGEST = 1830  # days of a plan
NAME = 200
OWN = "own:"  # before the id of a template that the company wrote


@dataclass(frozen=True)
class Step:
    """A milestone to be: days after the plan begins, whether the customer does it, the positions that it waits for, and
    the criterion of the stage that it shows."""

    name: str
    days: int
    customer: bool = False
    needs: tuple[int, ...] = ()
    criterion: str = ""


@dataclass(frozen=True)
class Template:
    """A list of steps. `scaled`: its days stand for the segment's target of onboarding and stretch with it."""

    key: str
    name: Promise | str
    kind: str
    steps: tuple[Step, ...]
    scaled: bool = False

    @property
    def days(self) -> int:
        return max((step.days for step in self.steps), default=0)


CUSTOMER = True
# Enterprise: a formal project in phases, with a sponsor, a dedicated team, integration, training and sign-off (JRN-12).
ENTERPRISE = Template(
    "enterprise",
    gettext_lazy("Enterprise: formal project in phases"),
    PlanKind.ONBOARDING,
    (
        Step(gettext_noop("Handover from sales accepted"), 3),
        Step(gettext_noop("Executive sponsor and project leads named"), 7, CUSTOMER),
        Step(gettext_noop("Kickoff: goals, roles, success criteria"), 10, needs=(0, 1)),
        Step(gettext_noop("Project plan and phases approved"), 20, CUSTOMER, (2,)),
        Step(gettext_noop("Sign-in and access for the project team"), 28, CUSTOMER, (3,)),
        Step(gettext_noop("Configuration and customization done"), 45, needs=(3,)),
        Step(gettext_noop("Data migrated and checked"), 55, CUSTOMER, (4, 5)),
        Step(gettext_noop("Systems integrated and tested"), 65, needs=(4, 5), criterion="technical"),
        Step(gettext_noop("Pilot group trained"), 70, needs=(7,)),
        Step(gettext_noop("Pilot review with the sponsor"), 80, CUSTOMER, (8,)),
        Step(gettext_noop("Initial use case live in production"), 90, needs=(6, 9), criterion="use_case"),
        Step(gettext_noop("All core users trained"), 100, needs=(9,)),
        Step(gettext_noop("First value measured and written down"), 115, needs=(10,)),
        Step(gettext_noop("Go-live confirmed by the customer"), 120, CUSTOMER, (10, 11)),
    ),
    scaled=True,
)
MID_MARKET = Template(
    "mid_market",
    gettext_lazy("Mid-market: structured, with weekly check-ins"),
    PlanKind.ONBOARDING,
    (
        Step(gettext_noop("Handover from sales accepted"), 2),
        Step(gettext_noop("Kickoff: goals, roles, success criteria"), 5, needs=(0,)),
        Step(gettext_noop("Access given and data delivered"), 12, CUSTOMER, (1,)),
        Step(gettext_noop("Configuration done, systems connected"), 25, needs=(2,), criterion="technical"),
        Step(gettext_noop("Core users trained"), 35, needs=(3,)),
        Step(gettext_noop("Initial use case live in production"), 42, needs=(3,), criterion="use_case"),
        Step(gettext_noop("First value measured and written down"), 55, needs=(5,)),
        Step(gettext_noop("Go-live confirmed by the customer"), 60, CUSTOMER, (4, 5)),
    ),
    scaled=True,
)
SMB = Template(
    "smb",
    gettext_lazy("Small business: short, guided, light touch"),
    PlanKind.ONBOARDING,
    (
        Step(gettext_noop("Welcome and set-up guide opened"), 2, CUSTOMER),
        Step(gettext_noop("Set-up done"), 7, CUSTOMER, (0,), "technical"),
        Step(gettext_noop("Short training attended"), 14, CUSTOMER, (1,)),
        Step(gettext_noop("Initial use case in daily work"), 25, CUSTOMER, (1,), "use_case"),
        Step(gettext_noop("Go-live confirmed by the customer"), 30, CUSTOMER, (3,)),
    ),
    scaled=True,
)
PRODUCT_LED = Template(
    "product_led",
    gettext_lazy("Product-led: self-serve, a person only on a signal"),
    PlanKind.ONBOARDING,
    (
        Step(gettext_noop("Signed up and set up"), 1, CUSTOMER, (), "technical"),
        Step(gettext_noop("First task done in the product"), 3, CUSTOMER, (0,), "use_case"),
        Step(gettext_noop("A colleague invited"), 5, CUSTOMER, (0,)),
        Step(gettext_noop("First value reached and confirmed"), 7, CUSTOMER, (1,)),
    ),
    scaled=True,
)
SUCCESS = Template(
    "success",
    gettext_lazy("Success plan for a year"),
    PlanKind.SUCCESS,
    (
        Step(gettext_noop("Goals of the year agreed with the sponsor"), 14, CUSTOMER),
        Step(gettext_noop("Success criteria with measure, target, day and source"), 30, needs=(0,)),
        Step(gettext_noop("First quarterly review"), 91, needs=(1,)),
        Step(gettext_noop("Further team or use case started"), 150, CUSTOMER, (1,)),
        Step(gettext_noop("Half-year review with the sponsor"), 182, needs=(2,)),
        Step(gettext_noop("Value story written and confirmed"), 240, CUSTOMER, (4,)),
        Step(gettext_noop("Third quarterly review"), 273, needs=(4,)),
        Step(gettext_noop("Return on investment shown before the renewal"), 300, needs=(5,)),
        Step(gettext_noop("Goals of the next year agreed"), 350, CUSTOMER, (7,)),
    ),
)
BLANK = Template("blank", gettext_lazy("Empty"), PlanKind.SUCCESS, ())
BY_PROFILE: Mapping[str, Template] = {
    Profile.ENTERPRISE: ENTERPRISE,
    Profile.MID_MARKET: MID_MARKET,
    Profile.SMB: SMB,
    Profile.PRODUCT_LED: PRODUCT_LED,
}
BUILT_IN: Mapping[str, Template] = {each.key: each for each in (*BY_PROFILE.values(), SUCCESS, BLANK)}


def usual(segment: Segment | None) -> Template:
    """The onboarding template of an account of this segment: its company's own one where there is one, else its
    profile's."""
    row = PlanTemplate.objects.filter(segment=segment, kind=PlanKind.ONBOARDING).first() if segment else None
    return as_template(row) if row else BY_PROFILE[profile_of(segment)]


def offered(segment: Segment | None) -> list[Template]:
    """Templates to choose from for an account of this segment, its usual one first."""
    first = usual(segment)
    own = [as_template(row) for row in PlanTemplate.objects.all() if row.segment_id in (None, segment and segment.id)]
    found = [first, *own, *BUILT_IN.values()]
    return list({each.key: each for each in found}.values())


def find(key: str) -> Template:
    """The template of this key; DomainError on `template` when there is none."""
    if key in BUILT_IN:
        return BUILT_IN[key]
    if key.startswith(OWN):
        for row in PlanTemplate.objects.all():
            if f"{OWN}{row.id}" == key:
                return as_template(row)
    raise refused("template", _("There is no such template."))


def as_template(row: PlanTemplate) -> Template:
    """A template that the company wrote; its days are meant as they stand."""
    steps = tuple(
        Step(
            each["name"],
            each["days"],
            bool(each.get("customer")),
            tuple(each.get("needs") or ()),
            each.get("criterion", ""),
        )  # fmt: skip
        for each in row.milestones
    )
    return Template(f"{OWN}{row.id}", row.name, row.kind, steps)


def name_in(template: Template, step: Step, language: str) -> str:
    """The step's name in a language; what a company wrote itself stays as it is."""
    if template.key not in BUILT_IN:
        return step.name
    with override(language):
        return _(step.name)


def check(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Milestones of an own template as they are kept; DomainError on `milestones` names the first that cannot be.

    A row waits for rows of its list by their positions, counted from 0, and not in a circle.
    """
    if not rows:
        raise refused("milestones", _("Write at least one milestone."))
    if len(rows) > MOST:
        raise refused("milestones", _("At most %(limit)s milestones.") % {"limit": MOST})
    known = {each.key for each in criteria_of_all()[Stage.ONBOARDING]}
    kept: list[dict[str, Any]] = []
    for number, row in enumerate(rows, 1):
        name, days = str(row.get("name", "")).strip(), row.get("days")
        needs = row.get("needs") or []
        criterion = str(row.get("criterion") or "")
        if not name or len(name) > NAME:
            raise refused("milestones", _("Milestone %(n)s: write a name of at most 200 characters.") % {"n": number})
        if not isinstance(days, int) or isinstance(days, bool) or not 0 <= days <= LONGEST:
            raise refused(
                "milestones",
                _("Milestone %(n)s: the days lie between 0 and %(limit)s.") % {"n": number, "limit": LONGEST},
            )
        if any(not isinstance(each, int) or not 0 <= each < len(rows) or each == number - 1 for each in needs):
            raise refused("milestones", _("Milestone %(n)s waits for one that is not there.") % {"n": number})
        if criterion and criterion not in known:
            raise refused("milestones", _("Milestone %(n)s: there is no such criterion.") % {"n": number})
        kept.append(
            {
                "name": name,
                "days": days,
                "customer": row.get("customer") is True,
                "needs": sorted(set(needs)),
                "criterion": criterion,
            }
        )
    if circle := circle_in({place: row["needs"] for place, row in enumerate(kept)}):
        names = " → ".join(kept[place]["name"] for place in circle)
        raise refused("milestones", _("These wait for each other: %(names)s.") % {"names": names})
    return kept


def circle_in(needs: Mapping[Any, Sequence[Any]]) -> list[Any]:
    """A circle among what waits for what, from its first member back to it; empty where there is none.

    Example: {a: [b], b: [c], c: [a]} is [a, b, c, a].
    """
    done: set[Any] = set()
    path: list[Any] = []

    def walk(place: Any) -> list[Any]:
        if place in path:
            return [*path[path.index(place) :], place]
        if place in done:
            return []
        path.append(place)
        for each in needs.get(place, ()):
            if circle := walk(each):
                return circle
        done.add(path.pop())
        return []

    return next((circle for place in needs if (circle := walk(place))), [])
