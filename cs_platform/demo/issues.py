"""What the demo's customers miss: an issue log that fits their stories, through the services (ACC-14).

Halcyon's dispatchers wait for a screen and went back to the spreadsheet; a missing report holds a renewal up; a promise
was missed; what was shipped has to be told. No dice; a tenant that has issues is left alone.
"""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

from accounts.models import Account, Member
from journey.issues import services
from journey.models import Issue

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Wish:
    """An issue of the demo: customers with what it means to them and their words, and what became of it. Days count from
    the last day, `reported` backwards."""

    title: str
    kind: str
    function: str
    reported: int
    customers: tuple[tuple[str, str, str], ...]
    state: str = "new"
    answer: str = ""
    promised: int | None = None
    reference: str = ""
    description: str = ""
    told: tuple[str, ...] = ()
    same_as: int | None = None


WISHES = (
    Wish(
        "Dispatch board takes a minute to open above 50 sites", "bug", "engineer", 64,
        (
            ("Halcyon Freight", "blocker", "Our dispatchers wait for the board and went back to the spreadsheet."),
            ("Corvid Logistics", "important", "Morning planning is slow at the large depots."),
            ("Corvid Logistics, Benelux", "important", ""),
            ("Stellan Marine", "nice", "Only in the weekly review."),
        ),
        "started", "The board reads one site at a time now; the fix is in test.", 18, "ENG-2140",
        "Opening the board reads every site at once. Needed: below five seconds with 200 sites.",
    ),
    Wish(
        "People who leave keep their access: no provisioning with single sign-on", "gap", "product", 120,
        (
            ("Altavista Health", "blocker", "We cannot pass the next audit with accounts of leavers in there."),
            ("Oakhaven Credit Union", "blocker", "Compliance asks for it before the renewal."),
            ("Lumen Dental Group", "important", ""),
        ),
        "planned", "Provisioning by SCIM comes with the spring release.", 74, "PRD-311",
    ),
    Wish(
        "Two-way sync with SAP", "link", "product", 41,
        (
            ("Kestrel Robotics", "blocker", "Without it the order desk types everything twice."),
            ("Marlow Textiles", "important", "Their new CFO compares us by it."),
            ("Bellweather Energy", "nice", ""),
        ),
        "passed_on", "", None, "PRD-356",
    ),
    Wish(
        "Meter readings every 15 minutes", "gap", "product", 12,
        (
            ("Thornbury Water", "important", "Leaks show within the hour, not the day."),
            ("Volta Charging", "important", "The second department would come along with this."),
        ),
    ),
    Wish(
        "Nobody answers after European hours", "service", "support", 33,
        (
            ("Quillon Software", "important", "Our team in Austin waits until the next morning."),
            ("Stellan Marine", "important", ""),
            ("Tessera Foods", "nice", ""),
        ),
        "passed_on", "Support looks at a second shift.", None, "",
    ),
    Wish(
        "Export to Excel stops at 10,000 rows", "bug", "engineer", 96,
        (
            ("Tessera Foods", "blocker", "Month end is done by hand since September."),
            ("Ardmore Retail", "important", ""),
            ("Oakhaven Credit Union", "nice", ""),
        ),
        "planned", "Was to come with the last release; moved once.", -9, "ENG-1988",
    ),
    Wish(
        "Excel file is cut off", "bug", "support", 20, (("Greyfield Media", "important", "Half of the campaign is missing."),),
        same_as=5,
    ),
    Wish(
        "One invoice for each department", "service", "finance", 150,
        (
            ("Altavista Health", "important", "Imaging pays its own part."),
            ("Altavista Health, Imaging", "important", ""),
            ("Corvid Logistics", "nice", ""),
        ),
        "shipped", "From this month each department gets its own invoice; the sum stays.", None, "FIN-77",
        told=("Altavista Health",),
    ),
    Wish(
        "App without a connection", "gap", "product", 210,
        (("Volta Charging", "nice", "In the garages there is no signal."), ("Thornbury Water", "nice", "")),
        "declined", "Not within the next year: few would use it. Forms can be printed instead.", None, "PRD-208",
        told=("Thornbury Water",),
    ),
)  # fmt: skip


def write(last: dt.date) -> int:
    """Write the log; how many issues there are then."""
    if Issue.objects.exists():
        return 0
    names = {name for wish in WISHES for name, _weight, _words in wish.customers}
    accounts = {
        row.name: row for row in Account.objects.filter(name__in=names, merged_into=None).select_related("owner")
    }
    leader = Member.objects.filter(role__key="leader").order_by("user__email").first()
    made: list[Issue] = []
    for number, wish in enumerate(WISHES, 1):
        row = _report(wish, number, accounts, last)
        made.append(row)
        if wish.same_as is not None:
            services.merge_issues(issue=row, into=made[wish.same_as], version=None, by=leader)
        elif wish.state != "new":
            promised = last + DAY * wish.promised if wish.promised is not None else None
            services.answer_issue(
                issue=row, state=wish.state, answer=wish.answer, promised_on=promised, version=None, by=None
            )
            Issue.objects.filter(id=row.id).exclude(ended_on=None).update(ended_on=last - 5 * DAY)
        for link in row.accounts.filter(account__name__in=wish.told).select_related("issue", "account__owner"):
            services.mark_told(link=link, by=link.account.owner, on=last)
    return len(made)


def _report(wish: Wish, number: int, accounts: Mapping[str, Account], last: dt.date) -> Issue:
    known = [(accounts[name], weight, words) for name, weight, words in wish.customers if name in accounts]
    reporter = known[0][0].owner if known else None
    row = services.report_issue(
        title=wish.title,
        by=reporter,
        description=wish.description,
        kind=wish.kind,
        function=wish.function,
        owner=reporter,
        reference=wish.reference,
        reported_on=last - wish.reported * DAY,
        external_id=f"demo-issue-{number}",
    )
    for place, (account, weight, words) in enumerate(known):
        since = last - max(wish.reported - 17 * place, 1) * DAY
        services.link_account(issue=row, account=account, weight=weight, note=words, since=since, by=None)
    return row
