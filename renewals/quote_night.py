"""The night of quotes (REN-07): those that are over end, and where a segment quotes by itself the quote is made when its step
comes due. Each may run again: a renewal gets one quote by itself, whatever stopped in between."""

import datetime as dt
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone

from accounts import opt_outs
from accounts.models import Tenant
from cs_platform.kernel import audit
from journey.playbooks.letters import leaves_at
from renewals import flows
from renewals.enums import Intent, QuoteState, RenewalState, Step, Unsent
from renewals.models import Flow, Quote, QuoteLine, RenewalStep
from renewals.offers import offer_of, valid_until
from renewals.quote_mails import BEFORE, wish
from renewals.quotes import contracts_of, deciders, lines_of, next_number, problem_of, quotable

LATE_DAYS = 7  # after its day: a quote of an old night, or of an archive, is made and not sent


def follow_quotes(as_of: dt.date) -> int:
    """Step of the night, for the day that begins: end what is over, make what is due; how many quotes changed."""
    day = as_of + dt.timedelta(days=1)
    return end_quotes(day) + make_quotes(day)


def end_quotes(day: dt.date) -> int:
    """Quotes whose last day is over are expired; those of renewals that were decided or moved are replaced or withdrawn."""
    over = ~Q(renewal__state=RenewalState.OPEN) | ~Q(renewal__due_on=F("starts_on"))
    gone = Quote.objects.filter(over)
    stamp = {"version": F("version") + 1, "updated_at": timezone.now(), "goes_at": None}
    # Updates that look at another table go by ids.
    sent = list(gone.filter(state=QuoteState.SENT).values_list("id", flat=True))
    drafts = list(gone.filter(state=QuoteState.DRAFT).values_list("id", flat=True))
    with audit.derived():
        changed = Quote.objects.filter(id__in=sent, state=QuoteState.SENT).update(state=QuoteState.SUPERSEDED, **stamp)
        changed += Quote.objects.filter(id__in=drafts, state=QuoteState.DRAFT).update(
            state=QuoteState.WITHDRAWN, **stamp
        )
        late = Quote.objects.filter(state=QuoteState.SENT, valid_until__lt=day)
        return changed + late.update(state=QuoteState.EXPIRED, **stamp)


def make_quotes(day: dt.date) -> int:
    """A quote for each open renewal of a segment that quotes by itself, once its step is due, unless somebody made one or they
    said that they leave; how many. A few queries for any number."""
    own = flows.own_flows()
    due = _due(day, own)
    if not due:
        return 0
    number = next_number()  # from here on nobody else makes one
    mine = Quote.objects.filter(renewal__in=[step.renewal_id for step in due], starts_on=F("renewal__due_on"))
    known = set(mine.values_list("renewal_id", flat=True))
    due = [step for step in due if step.renewal_id not in known]
    renewals = [step.renewal for step in due]
    contracts, people = contracts_of([row.id for row in renewals]), deciders(renewals, day)
    stopped = opt_outs.stopped(person.email for each in people.values() for person in each)
    tenant, now = Tenant.current(), timezone.now()
    goes_at = leaves_at(tenant, now)
    quotes: list[Quote] = []
    lines: list[QuoteLine] = []
    for step in due:
        renewal, found = step.renewal, contracts.get(step.renewal_id, [])
        if not quotable(found, renewal) or any(contract.end_on != renewal.due_on for contract in found):
            continue  # its step is a task all the same
        flow = flows.flow_of(renewal.account.segment, own)
        terms = flows.terms_of(renewal, flow)
        offer = offer_of(found, renewal.due_on, terms["uplift"], terms["term_months"])
        person, problem = problem_of(people[renewal.id], stopped)
        if tenant.data_until or (day - step.due_on).days > LATE_DAYS:
            problem = Unsent.LATE
        quotes.append(
            Quote(
                renewal=renewal,
                number=number + len(quotes),
                automatic=True,
                contact=person,
                currency=renewal.currency,
                **terms,
                starts_on=offer.starts_on,
                ends_on=offer.ends_on,
                year_minor=offer.year,
                total_minor=offer.total,
                valid_until=valid_until(day, flow.valid_days, renewal.due_on),
                problem=problem,
                goes_at=None if problem else goes_at,
            )
        )
        lines += lines_of(quotes[-1], offer)
    with audit.derived():
        Quote.objects.bulk_create(quotes, batch_size=500)
        QuoteLine.objects.bulk_create(lines, batch_size=2000)
    for quote in quotes:
        if quote.goes_at is not None:
            wish(quote.id, quote.goes_at, now)
    return len(quotes)


def _due(day: dt.date, own: Mapping[UUID, Flow]) -> Sequence[RenewalStep]:
    """The steps for which a quote is to be made, with renewal, account and segment. One query."""
    mine = Quote.objects.filter(renewal=OuterRef("renewal"), starts_on=OuterRef("renewal__due_on"))
    rows = RenewalStep.objects.filter(
        step=Step.QUOTE,
        done_on=None,
        due_on__lte=day,
        renewal__state=RenewalState.OPEN,
        renewal__due_on__gt=day,
        renewal__phase__in=BEFORE,
        renewal__account__merged_into=None,
    )
    rows = rows.exclude(renewal__intent=Intent.LEAVE).exclude(Exists(mine))
    rows = rows.select_related("renewal__account__segment").order_by("due_on", "id")
    return [step for step in rows if flows.flow_of(step.renewal.account.segment, own).quotes]
