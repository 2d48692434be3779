"""Advisory boards, events and webinars with who came and who spoke, and the rules of the program (ADV-03)."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.cells import short_day
from accounts.views.forms import answer_form, posted, saved
from advocacy import rules, selectors, services
from advocacy.enums import Attendance
from advocacy.forms import GatheringForm, GuestForm, ProgramForm
from advocacy.models import Gathering, Guest, Program
from advocacy.views.acting import latest
from cs_platform.kernel.access import Permission, TenantRequest, may, requires
from cs_platform.kernel.htmx import page

TONES = {"invited": "line", "coming": "acc", "came": "good", "spoke": "good", "absent": "none"}


@requires(Permission.VIEW_ACCOUNTS)
def gatherings(request: TenantRequest) -> HttpResponse:
    """Gatherings, the latest first, with how many came."""
    slug, today = request.tenant.slug, request.tenant.today()
    found, next_url = latest(request, selectors.gatherings(request.member), "held_on", {})
    context = {
        "rows": [
            {
                "name": one.name,
                "url": reverse("gathering", args=[slug, one.id]),
                "kind": one.get_kind_display(),
                "day": short_day(one.held_on, today),
                "ahead": one.held_on >= today,
                "invited": one.invited,
                "came": one.came,
                "spoke": one.spoke,
            }
            for one in found
        ],
        "next_url": next_url,
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/gatherings.html", context)


@requires(Permission.VIEW_ACCOUNTS)
def gathering(request: TenantRequest, gathering_id: UUID) -> HttpResponse:
    """One gathering with its guests of the accounts that the reader sees."""
    row, slug = selectors.gathering_of(gathering_id), request.tenant.slug
    context = {
        "gathering": row,
        "guests": [
            {
                "name": one.contact.name,
                "account": one.account.name,
                "account_url": reverse("account_advocacy", args=[slug, one.account_id]),
                "state": {"tone": TONES[one.attendance], "text": one.get_attendance_display()},
                "url": reverse("gathering_guest", args=[slug, one.id]),
            }
            for one in selectors.guests(row, request.member)
        ],
        "may_edit": may(request, Permission.EDIT_ACCOUNTS),
    }
    return page(request, "advocacy/gathering.html", context)


def _look(request: TenantRequest, row: Gathering, title: str, **more: Any) -> dict[str, Any]:
    """What a form about one gathering is shown with."""
    back = reverse("gathering", args=[request.tenant.slug, row.id])
    return {"title": title, "submit": _("Save"), "back_url": back, "back_label": row.name, **more}


@requires(Permission.EDIT_ACCOUNTS)
def gathering_new(request: TenantRequest) -> HttpResponse:
    """Plan one, or write down one that was held."""
    form = GatheringForm(posted(request))

    def act(values: dict[str, Any]) -> Gathering:
        return services.make_gathering(by=request.member, **values)

    back = reverse("advocacy_gatherings", args=[request.tenant.slug])
    look = {"title": _("New gathering"), "submit": _("Save"), "back_url": back, "back_label": _("Gatherings")}
    return answer_form(request, form, act, _("Saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
def gathering_edit(request: TenantRequest, gathering_id: UUID) -> HttpResponse:
    """Change its name, kind, day or note, or take it away."""
    row = selectors.gathering_of(gathering_id)
    form = GatheringForm(posted(request), gathering=row)

    def act(values: dict[str, Any]) -> Gathering:
        version = values.pop("version") or 0
        return services.change_gathering(gathering=row, values=values, version=version, by=request.member)

    def theirs() -> dict[str, Any]:
        return GatheringForm.values_of(selectors.gathering_of(row.id))

    remove = reverse("gathering_remove", args=[request.tenant.slug, row.id])
    look = _look(request, row, _("Edit gathering"), delete_url=remove, delete_label=_("Delete gathering"))
    return answer_form(request, form, act, _("Saved."), look, theirs=theirs)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def gathering_remove(request: TenantRequest, gathering_id: UUID) -> HttpResponse:
    """Take it away with its guests."""
    row = selectors.gathering_of(gathering_id)
    services.remove_gathering(gathering=row, by=request.member)
    return saved(
        request,
        _("“%(name)s” is deleted.") % {"name": row.name},
        reverse("advocacy_gatherings", args=[request.tenant.slug]),
    )


@requires(Permission.EDIT_ACCOUNTS)
def guest_new(request: TenantRequest, gathering_id: UUID) -> HttpResponse:
    """Invite somebody of the program who is not on the list yet."""
    row = selectors.gathering_of(gathering_id)
    people = selectors.people_to_invite(row, request.member)
    form = GuestForm(posted(request), people=people, initial={"attendance": Attendance.INVITED})

    def act(values: dict[str, Any]) -> Guest:
        who = form.people[values["contact"]]
        return services.set_guest(gathering=row, contact=who, attendance=values["attendance"], by=request.member)

    text = "" if people else _("Everybody in the program is invited already.")
    look = _look(request, row, _("Invite somebody"), text=text, submit=_("Invite"))
    return answer_form(request, form, act, _("Saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
def guest(request: TenantRequest, guest_id: UUID) -> HttpResponse:
    """What a guest did there."""
    row = selectors.guest_of(request.member, guest_id)
    form = GuestForm(posted(request), initial={"attendance": row.attendance})

    def act(values: dict[str, Any]) -> Guest:
        return services.set_guest(
            gathering=row.gathering, contact=row.contact, attendance=values["attendance"], by=request.member
        )

    remove = reverse("gathering_guest_remove", args=[request.tenant.slug, row.id])
    look = _look(request, row.gathering, row.contact.name, delete_url=remove, delete_label=_("Take off the list"))
    return answer_form(request, form, act, _("Saved."), look)


@requires(Permission.EDIT_ACCOUNTS)
@require_POST
def guest_remove(request: TenantRequest, guest_id: UUID) -> HttpResponse:
    """They are not invited after all."""
    row = selectors.guest_of(request.member, guest_id)
    services.remove_guest(guest=row, by=request.member)
    back = reverse("gathering", args=[request.tenant.slug, row.gathering_id])
    return saved(request, _("%(name)s is off the list.") % {"name": row.contact.name}, back)


@requires(Permission.MANAGE_JOURNEY)
def program(request: TenantRequest) -> HttpResponse:
    """The rules of the program: when somebody may be asked, and how long they rest."""
    form = ProgramForm(posted(request), rules=rules.current())

    def act(values: dict[str, Any]) -> Program:
        return services.set_program(values=values, version=values.pop("version") or 0, by=request.member)

    text = _("All six criteria are asked of everybody. These numbers say how soon, and how often.")
    back = reverse("advocacy", args=[request.tenant.slug])
    look = {
        "title": _("Rules of the program"), "text": text, "submit": _("Save"), "back_url": back, "back_label": _("Advocacy"),
    }  # fmt: skip
    return answer_form(request, form, act, _("Saved."), look, theirs=lambda: ProgramForm.values_of(rules.current()))
