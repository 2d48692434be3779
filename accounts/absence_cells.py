"""Absences in words, and the form that writes one."""

import datetime as dt
from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts import absences
from accounts.cells import short_day
from accounts.models import Absence, Member
from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.forms import TenantChoiceField, day_input
from cs_platform.kernel.templatetags.cells import number_text

OVER = 20  # absences that are over and still listed
SETTINGS = "?in=settings"  # a form that was opened in the settings leads back there


class AbsenceForm(forms.Form):
    """Who is away (of a new one), the days, who stands in; `version` is the one that the person saw."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False)
    member = TenantChoiceField(Member, label=gettext_lazy("Who is away"), empty_label=None)
    first_on = forms.DateField(label=gettext_lazy("From"), widget=day_input())
    last_on = forms.DateField(label=gettext_lazy("Last day"), widget=day_input())
    cover = TenantChoiceField(
        Member,
        label=gettext_lazy("Covered by"),
        required=False,
        empty_label=gettext_lazy("Nobody"),
        help_text=gettext_lazy("On these days they see the accounts, alerts and tasks of who is away."),
    )
    note = forms.CharField(
        label=gettext_lazy("Note"),
        max_length=absences.NOTE,
        required=False,
        help_text=gettext_lazy("Colleagues read it; leave out why somebody is away."),
    )

    def __init__(self, data: Any, *, by: Member, absence: Absence | None = None) -> None:
        today = by.tenant.today()
        start = self.values_of(absence) if absence else {"member": by, "first_on": today}
        super().__init__(data, initial=start)
        if absence is None:
            people = absences.noted_by(by)
            self._offer("member", people)
            if people.count() == 1:
                self.fields["member"].widget = forms.HiddenInput()
        else:
            del self.fields["member"]
        # Who covers and may not any more stays a choice, so that the form can be saved for its days.
        kept = Member.objects.filter(id=absence.cover_id) if absence and absence.cover_id else Member.objects.none()
        self._offer("cover", (absences.covers() | kept).exclude(id=absence.member_id if absence else None))

    @staticmethod
    def values_of(absence: Absence) -> dict[str, Any]:
        """An absence as the form shows it."""
        return {name: getattr(absence, name) for name in (*absences.FIELDS, "version")}

    def _offer(self, name: str, people: QuerySet[Member]) -> None:
        field: Any = self.fields[name]
        field.queryset = people.order_by("name", "id")


def rows(request: TenantRequest, found: Sequence[Absence], place: str) -> dict[str, Any]:
    """Lines of a list by where they stand: now, coming, over (the latest first). `place` is where they are read, so that
    a form leads back. One query for the warnings."""
    today = request.tenant.today()
    said = absences.warnings(found, today)
    lines: dict[str, list[dict[str, Any]]] = {"now": [], "coming": [], "over": []}
    for row in found:
        name = "over" if row.last_on < today else "coming" if row.first_on > today else "now"
        lines[name].append(
            {
                "name": row.member.name,
                "cover": row.cover.name if row.cover else _("Nobody"),
                "days": span_text(row.first_on, row.last_on, today),
                "long": days_text(row),
                "note": row.note,
                "warning": said.get(row.id, ""),
                "url": f"{reverse('absence_edit', args=[request.tenant.slug, row.id])}{place}"
                if name != "over"
                else "",
            }
        )
    lines["over"] = lines["over"][: -OVER - 1 : -1]
    groups = (("now", _("Away now")), ("coming", _("Coming")), ("over", _("Over")))
    return {
        "groups": [{"name": name, "label": label, "rows": lines[name]} for name, label in groups if lines[name]],
        "add_url": f"{reverse('absence_new', args=[request.tenant.slug])}{place}",
        "exports": [
            {"label": form.upper(), "url": reverse(f"absences_{form}", args=[request.tenant.slug])}
            for form in ("csv", "xlsx")
        ],
    }


def span_text(first: dt.date, last: dt.date, today: dt.date) -> str:
    """23 Nov to 3 Dec; 23 Nov for one day."""
    if first == last:
        return short_day(first, today)
    return _("%(first)s to %(last)s") % {"first": short_day(first, today), "last": short_day(last, today)}


def days_text(row: Absence) -> str:
    """5 days, both ends included."""
    count = (row.last_on - row.first_on).days + 1
    return ngettext("%(n)s day", "%(n)s days", count) % {"n": number_text(count, 0)}
