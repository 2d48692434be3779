"""Whose a task is to see, and who sees an account: one home of both, for lists, verbs and mentions (ROL-01)."""

from django.db.models import Q, QuerySet
from django.utils import timezone

from accounts.models import Absence, Account, Member, in_care_of
from accounts.selectors import colleagues
from cs_platform.kernel.access import Scope
from journey.enums import TaskState
from journey.models import Task


def in_pool() -> Q:
    """An open task that waits for a taker: nobody's, or the hours of who took it are over."""
    return Q(state=TaskState.OPEN) & (Q(owner=None) | Q(taken_until__lte=timezone.now()))


def waits(task: Task) -> bool:
    """`in_pool` of a task at hand."""
    lapsed = task.taken_until is not None and task.taken_until <= timezone.now()
    return task.state == TaskState.OPEN and (task.owner_id is None or lapsed)


def theirs(member: Member) -> Q:
    """Tasks of this member, and of those for whom they stand in today (ROL-02); one that was taken from the pool for as
    long as its hours last, and once it is done."""
    lasting = Q(taken_until=None) | Q(taken_until__gt=timezone.now()) | ~Q(state=TaskState.OPEN)
    return in_care_of(member) & lasting


def visible_tasks(member: Member) -> QuerySet[Task]:
    """The tasks that this member sees: those of the accounts they see, their own and those of whom they stand in for,
    and what waits in the pool that they share: of accounts without an owner, of accounts of their team, and of no
    account."""
    if member.role.scope == Scope.ALL:
        return Task.objects.all()
    found = Q(account__in=Account.objects.visible_to(member).values("id")) | in_care_of(member)
    found |= Q(account=None, created_by=member)
    shared = Q(account=None) | Q(account__in=shared_accounts(member).values("id"))
    found |= in_pool() & shared
    if member.role.scope == Scope.TEAM:
        found |= Q(account=None, owner__in=Member.objects.filter(colleagues(member)).values("id"))
    return Task.objects.filter(found)


def shared_accounts(member: Member) -> QuerySet[Account]:
    """Accounts whose pooled tasks this member shares although the account may be a colleague's: those that nobody owns,
    and those of the own team."""
    ours = Member.objects.filter(colleagues(member)).values("id")
    return Account.objects.filter(Q(owner=None) | Q(owner__in=ours))


def who_sees(account: Account | None) -> QuerySet[Member]:
    """The active members who see this account, the reverse of `Account.objects.visible_to`; everybody for no account."""
    people = Member.objects.filter(is_active=True).select_related("role", "user")
    if account is None:
        return people
    found = Q(role__scope=Scope.ALL) | Q(id=account.owner_id)
    team = Q(role__scope=Scope.TEAM)
    if account.owner_id is None:
        found |= team
    else:
        absent = Absence.objects.on(account.tenant.today()).filter(member=account.owner_id).order_by()
        found |= Q(id__in=absent.values("cover"))
        owner = Member.objects.filter(id=account.owner_id).select_related("team").first()
        if owner is not None and owner.team_id is not None and owner.team is not None:
            found |= team & (Q(team_id=owner.team_id) | Q(id=owner.team.leader_id))
    return people.filter(found)
