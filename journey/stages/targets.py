"""How long a stage usually takes and how it is run, by profile (JRN-06, JRN-14, JRN-35 to JRN-42), and what a segment says
instead (`StageTarget`). Targets raise flags and move nothing."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Profile
from accounts.models import Segment
from health.outcomes.progress import TTV_BANDS
from journey.enums import Stage
from journey.models import StagePeriod, StageTarget

USUAL = Profile.MID_MARKET  # of accounts without a segment


@dataclass(frozen=True)
class Target:
    """Days that a stage takes, both included (None: it has no length), and how it is run. `own`: set by the company."""

    days_from: int | None
    days_to: int | None
    approach: Promise | str
    own: bool = False
    version: int = 0


def _t(days: tuple[int, int] | None, approach: Promise) -> Target:
    first, last = days or (None, None)
    return Target(first, last, approach)


# Months of the reference are written in days: 1 is 30, 3 are 91, 6 are 183, 12 are 365, 24 are 730.
PROFILES: dict[str, dict[str, Target]] = {
    Profile.ENTERPRISE: {
        Stage.ONBOARDING: _t(TTV_BANDS[Profile.ENTERPRISE], _("Formal project plan with approvals, dedicated team")),
        Stage.ADOPTION: _t((365, 730), _("Department by department, dedicated resources")),
        Stage.RETENTION: _t(None, _("Executive and quarterly reviews, dedicated CSM, strategy sessions")),
        Stage.EXPANSION: _t((183, 365), _("Account plan, complex approval")),
        Stage.RENEWAL: _t((120, 180), _("Prepared from 180 days on, request for proposal, sponsor")),
        Stage.ADVOCACY: _t(None, _("Case study, board, major event, strategic referral")),
    },
    Profile.MID_MARKET: {
        Stage.ONBOARDING: _t(TTV_BANDS[Profile.MID_MARKET], _("Structured process, some customization")),
        Stage.ADOPTION: _t((183, 365), _("Structured, with some customization")),
        Stage.RETENTION: _t(None, _("Quarterly review, pooled CSM, watched proactively")),
        Stage.EXPANSION: _t((61, 122), _("Approval of a department")),
        Stage.RENEWAL: _t((60, 90), _("Simplified proposal")),
        Stage.ADVOCACY: _t(None, _("Case study, review, referral, webinar")),
    },
    Profile.SMB: {
        Stage.ONBOARDING: _t(TTV_BANDS[Profile.SMB], _("Automated guides and e-mail, light training")),
        Stage.ADOPTION: _t((91, 183), _("Automated campaigns, group webinars")),
        Stage.RETENTION: _t(None, _("Automated health, digital check-in, help on demand")),
        Stage.EXPANSION: _t((7, 14), _("Self-serve")),
        Stage.RENEWAL: _t((30, 60), _("Reminders and an automatic quote")),
        Stage.ADVOCACY: _t(None, _("Quick review, testimonial, bonus")),
    },
    Profile.PRODUCT_LED: {
        Stage.ONBOARDING: _t(TTV_BANDS[Profile.PRODUCT_LED], _("In the product, by triggers")),
        Stage.ADOPTION: _t((30, 91), _("Prompts in the product, upgrades by use")),
        Stage.RETENTION: _t(None, _("Health by use, automated, optional support")),
        Stage.EXPANSION: _t(None, _("Small steps all the time, in the product")),
        Stage.RENEWAL: _t((14, 30), _("Automatic renewal with notice")),
        Stage.ADVOCACY: _t(None, _("Review in the product, social, reward")),
    },
}  # fmt: skip


def profile_of(segment: Segment | None) -> str:
    """The profile that an account of this segment follows."""
    return str(segment.profile) if segment else str(USUAL)


def targets_of(segments: Iterable[Segment | None]) -> dict[UUID | None, dict[str, Target]]:
    """The targets of these segments by stage; under None those of accounts without a segment. One query."""
    chosen = {segment.id if segment else None: profile_of(segment) for segment in segments} | {None: str(USUAL)}
    found = {key: dict(PROFILES[profile]) for key, profile in chosen.items()}
    for row in StageTarget.objects.filter(segment__in=[key for key in chosen if key]):
        usual = found[row.segment_id][row.stage]
        days = row.days_to is not None
        found[row.segment_id][row.stage] = Target(
            row.days_from if days else usual.days_from,
            row.days_to if days else usual.days_to,
            row.approach or usual.approach,
            own=True,
            version=row.version,
        )
    return found


def due_on(period: StagePeriod, target: Target) -> dt.date | None:
    """The last day of a period that is within its target: the one that was agreed, else the profile's upper end.

    Example: entered on 1 March with 30 to 60 days: 30 April.
    """
    if period.target_on is not None:
        return period.target_on
    return None if target.days_to is None else period.entered_on + dt.timedelta(days=target.days_to)
