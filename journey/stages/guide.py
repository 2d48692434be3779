"""Words of the stages: what success looks like, what is usually done, what usually goes wrong (JRN-09 to JRN-23, JRN-32).

Data only; a profile adds what is different for it. `back_to` says where a track goes on after a cause threw it back.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Profile
from journey.enums import Blocker, Cause, Stage

ORDER: tuple[str, ...] = tuple(Stage.values)
# Stages that a cause may throw a track back from, the further one first (JRN-24).
FALLS_FROM = (Stage.RETENTION, Stage.ADOPTION)
# A new owner or a new house starts from the set-up; everything else asks for adoption anew.
_TO_START = {Cause.MERGER}


def back_to(stage: str, cause: str) -> str:
    """The stage that a track goes on with when `cause` throws it back out of `stage`.

    Example: a champion who leaves in Retention leads to Adoption, one who leaves in Adoption starts Adoption anew; a
    merger leads to Onboarding from both. From a later stage it is Retention that is looked at again.
    """
    if stage == Stage.ONBOARDING:
        return Stage.ONBOARDING
    if stage in FALLS_FROM:
        return Stage.ONBOARDING if cause in _TO_START else Stage.ADOPTION
    return Stage.RETENTION


@dataclass(frozen=True)
class Guide:
    """One stage: sentences for everybody, and those of each profile; `failures` with the codes that they are noted by."""

    success: Sequence[Promise]
    activities: Sequence[Promise]
    failures: Sequence[tuple[str, Promise]]
    by_profile: Mapping[str, Sequence[Promise]] = field(default_factory=dict)

    def activities_of(self, profile: str) -> list[Promise]:
        """What is usually done for a customer of this profile, its own first."""
        return [*self.by_profile.get(profile, ()), *self.activities]


GUIDES: dict[str, Guide] = {
    Stage.ONBOARDING: Guide(
        success=(
            _("The product runs, and the first use case is live in production."),
            _("Core users are trained and come back by themselves."),
            _("A first business value is reached and written down."),
            _("The customer, not we, confirmed the go-live."),
        ),
        activities=(
            _("Hand over from sales, and a kickoff with goals and roles"),
            _("Plan and configure the implementation"),
            _("Migrate data and connect systems"),
            _("Train users"),
            _("Watch and support the first weeks of use"),
            _("Check the milestones and that the use case fits"),
        ),
        failures=(
            (Blocker.BANDWIDTH, _("The customer has no time, or other priorities")),
            (Blocker.TECHNICAL, _("A technical dependency or an integration is late")),
            (Blocker.ALIGNMENT, _("People do not agree, or are not prepared for the change")),
            (Blocker.SCOPE, _("The scope grows")),
            (Blocker.CRITERIA, _("Nobody said what success is")),
        ),
        by_profile={
            Profile.ENTERPRISE: (
                _("A formal project plan with phases, a dedicated team and an executive sponsor"),
                _("Customization where the use case needs it"),
            ),
            Profile.MID_MARKET: (_("A structured plan with weekly check-ins"),),
            Profile.SMB: (_("A short automated guide and light training, not twelve steps"),),
            Profile.PRODUCT_LED: (_("Sign-up and set-up in the product, nudges, a person only on a signal"),),
        },
    ),
    Stage.ADOPTION: Guide(
        success=(
            _("Most of the bought seats are active."),
            _("Several features beyond the first use case are in use."),
            _("Coming back is a daily or weekly habit."),
            _("Further teams are on board, power users are known by name."),
        ),
        activities=(
            _("Campaigns for features that are not used"),
            _("Advanced training and best practice"),
            _("Widen the use cases"),
            _("Invite to the user community"),
            _("Regular reviews, and help before it is asked for"),
            _("Find internal champions"),
        ),
        failures=(
            (Blocker.RESISTANCE, _("Users resist")),
            (Blocker.CHAMPION, _("Nobody at the customer stands up for it")),
            (Blocker.ALIGNMENT, _("The change is not managed")),
            (Blocker.TOOLS, _("Competing tools stay in use")),
            (Blocker.TRAINING, _("Training is weak or missing")),
            (Blocker.COMPLEXITY, _("The product is too complex for its users")),
        ),
        by_profile={
            Profile.ENTERPRISE: (
                _("Roll out to several departments, with use cases of their own"),
                _("Scorecards for executives"),
            ),
            Profile.MID_MARKET: (_("A quarterly adoption review with the champion"),),
            Profile.SMB: (_("Automated campaigns, group webinars and a library of templates"),),
            Profile.PRODUCT_LED: (_("Prompts in the product, forum and academy, upgrades by use"),),
        },
    ),
    Stage.RETENTION: Guide(
        success=(
            _("Health stays green, use is sustained or grows."),
            _("Stakeholders are in touch with us."),
            _("No major issue is open."),
            _("Value is documented and told; the renewal is at low or medium risk."),
        ),
        activities=(
            _("Watch health, and check in before something happens"),
            _("Business reviews"),
            _("Fast escalation"),
            _("Reports of value and return"),
            _("Know more people at the customer"),
            _("Act on accounts at risk"),
        ),
        failures=(
            (Blocker.VALUE, _("The value is not proven")),
            (Blocker.SUPPORT, _("Support is poor")),
            (Blocker.EXECUTIVE, _("The executive left")),
            (Blocker.CHAMPION, _("The champion left")),
            (Blocker.BUDGET, _("The budget is cut")),
            (Blocker.TOOLS, _("A competitor is talked to")),
        ),
        by_profile={
            Profile.ENTERPRISE: (
                _("Executive and quarterly business reviews, strategy sessions"),
                _("Begin to plan the renewal 180 days ahead"),
            ),
            Profile.MID_MARKET: (_("A quarterly review, watched by the pool"),),
            Profile.SMB: (_("Automated health, digital check-ins, content on demand"),),
            Profile.PRODUCT_LED: (_("Health by use, campaigns in the product, support when asked"),),
        },
    ),
    Stage.EXPANSION: Guide(
        success=(
            _("Opportunities are found, qualified and forecast."),
            _("Further seats, products or tiers are bought because the first ones paid off."),
        ),
        activities=(
            _("Look for limits that are near, new teams and new initiatives"),
            _("Map what is not used or not bought yet"),
            _("Meet new buyers"),
            _("Propose, negotiate, and hand over to sales where it is complex"),
        ),
        failures=(
            (Blocker.IDENTIFICATION, _("Nobody looks for it systematically")),
            (Blocker.BUDGET, _("There is no budget")),
            (Blocker.SALES, _("The way to buy is awkward")),
        ),
        by_profile={
            Profile.ENTERPRISE: (_("An account plan with a roadmap of several years and an executive sponsor"),),
            Profile.MID_MARKET: (_("A proposal that a department can approve"),),
            Profile.SMB: (_("Self-serve upgrades within two weeks"),),
            Profile.PRODUCT_LED: (_("Limits and upgrades in the product"),),
        },
    ),
    Stage.RENEWAL: Guide(
        success=(
            _("Confirmed 30 days or more before the end."),
            _("The revenue is kept, on good terms."),
        ),
        activities=(
            _("Ask for the intent early"),
            _("Judge health and risk"),
            _("Show value and return"),
            _("Propose, and align everybody who approves"),
            _("Negotiate, sign, and agree what comes next"),
        ),
        failures=(
            (Blocker.LATE, _("It began too late")),
            (Blocker.PRICE, _("The price")),
            (Blocker.PROCUREMENT, _("Procurement takes its time")),
            (Blocker.VALUE, _("The value is not proven")),
            (Blocker.BUDGET, _("There is no budget")),
            (Blocker.CHAMPION, _("The champion left")),
            (Blocker.LEGAL, _("Legal approval takes its time")),
        ),
        by_profile={
            Profile.ENTERPRISE: (_("Prepare from 180 days on: executives, requests for proposal, procurement, legal"),),
            Profile.MID_MARKET: (_("A simple proposal to the buyer 60 days before the end"),),
            Profile.SMB: (_("An automatic quote and reminders"),),
            Profile.PRODUCT_LED: (_("Automatic renewal with notices 30 and 14 days ahead"),),
        },
    ),
    Stage.ADVOCACY: Guide(
        success=(
            _("They speak for us, and it is worth something to them as well."),
            _("A story with numbers that may be told."),
        ),
        activities=(
            _("Ask early, right after a success"),
            _("Agree what they are willing to do, and how often"),
            _("Write the story with their numbers"),
            _("Feature them, and thank them"),
        ),
        failures=(
            (Blocker.LEGAL, _("Legal approval takes its time")),
            (Blocker.VALUE, _("The value is not in numbers")),
            (Blocker.PROGRAM, _("The program does not fit")),
        ),
        by_profile={
            Profile.ENTERPRISE: (_("Case study, advisory board, major events, strategic referrals"),),
            Profile.MID_MARKET: (_("Case study, review, referral, webinar"),),
            Profile.SMB: (_("A quick review, a testimonial, a bonus for referrals"),),
            Profile.PRODUCT_LED: (_("Review and sharing in the product, rewards"),),
        },
    ),
}
# What may hold a stage up, by stage: the codes that are offered.
BLOCKERS: dict[str, tuple[str, ...]] = {
    stage: tuple(dict.fromkeys(code for code, _text in guide.failures)) for stage, guide in GUIDES.items()
}
