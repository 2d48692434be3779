"""Forms of the settings, of invitations and of the profile: the shape of what people type."""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any
from zoneinfo import available_timezones

from babel.dates import get_day_names, get_month_names
from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.utils import timezone
from django.utils.translation import get_language, get_language_info, gettext
from django.utils.translation import gettext_lazy as _

from accounts.enums import KeyScope
from accounts.models import (
    BusinessHours,
    ChurnReason,
    ChurnRule,
    Feature,
    Holiday,
    Member,
    Plan,
    Product,
    Role,
    Segment,
    Team,
    Tenant,
    User,
)
from cs_platform.kernel.forms import TenantChoiceField, TenantForm, day_input
from cs_platform.kernel.money import validate_currency


def _choice(form: forms.BaseForm, name: str) -> Any:
    """A field whose choices are known only once the form is made."""
    return form.fields[name]


class CompanyForm(forms.ModelForm):
    """The company's settings; the margin is typed in percent and kept as a ratio."""

    gross_margin = forms.DecimalField(
        label=_("Gross margin in percent"),
        max_digits=5,
        decimal_places=2,
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(100))],
        help_text=_("Lifetime value is computed with it."),
    )
    night_hour = forms.TypedChoiceField(
        label=_("Nightly run begins at"),
        coerce=int,
        choices=[(hour, f"{hour:02d}:00") for hour in range(24)],
        help_text=_("In the company's own time zone."),
    )
    digest_at = forms.TimeField(
        label=_("Digest of the day goes out at"),
        widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"),
        help_text=_("On working days of the calendar, in the company's own time zone."),
    )
    fiscal_start_month = forms.TypedChoiceField(label=_("Fiscal year begins in"), coerce=int)
    timezone = forms.ChoiceField(
        label=_("Time zone"),
        choices=lambda: [(name, name) for name in sorted(available_timezones())],
        help_text=_("Days, months and the nightly run follow it."),
    )

    class Meta:
        model = Tenant
        fields = (
            "name",
            "currency",
            "timezone",
            "fiscal_start_month",
            "gross_margin",
            "logo_level",
            "dunning_days",
            "night_hour",
            "digest_at",
        )
        labels = {
            "name": _("Company"),
            "currency": _("Reporting currency"),
            "logo_level": _("Who counts as one customer"),
            "dunning_days": _("Dunning days"),
        }
        help_texts = {
            "logo_level": _(
                "Of a holding and its units. With the parent, the money of a tree counts for its top: past months, churn, "
                "new customers and cohorts are counted anew. Closed months stay as they were signed."
            ),
            "dunning_days": _(
                "A period that is not paid counts for so many days more, then it is churn, said as not paid. Past months "
                "are counted anew."
            ),
        }

    def __init__(self, *args: Any, currency_fixed: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        months = get_month_names("wide", "stand-alone", get_language() or "en")
        _choice(self, "fiscal_start_month").choices = list(months.items())
        self.initial["gross_margin"] = (self.instance.gross_margin * 100).normalize() + Decimal("0")
        if currency_fixed:
            self.fields["currency"].help_text = gettext("Change it under Currencies: the whole history is valued anew.")
            self.fields["currency"].widget.attrs["readonly"] = True

    def clean_currency(self) -> str:
        code = self.cleaned_data["currency"].strip().upper()
        validate_currency(code)
        return code

    def clean_gross_margin(self) -> Decimal:
        return (self.cleaned_data["gross_margin"] / 100).quantize(Decimal("0.0001"))


class HoursForm(forms.Form):
    """Seven weekdays, each closed or open between two times."""

    def __init__(self, data: Any = None, *, hours: list[BusinessHours]) -> None:
        super().__init__(data)
        self.days = get_day_names("wide", "stand-alone", get_language() or "en")
        kept = {row.weekday: row for row in hours}
        for weekday in range(7):
            row = kept.get(weekday)
            day = self.days[weekday]
            times = (
                ("opens", gettext("%(day)s opens"), dt.time(9)),
                ("closes", gettext("%(day)s closes"), dt.time(17)),
            )
            self.fields[f"open_{weekday}"] = forms.BooleanField(
                required=False, initial=row is not None, label=gettext("%(day)s is a working day") % {"day": day}
            )
            for name, label, usual in times:
                self.fields[f"{name}_{weekday}"] = forms.TimeField(
                    required=False,
                    initial=getattr(row, name) if row else usual,
                    label=label % {"day": day},
                    widget=forms.TimeInput(attrs={"type": "time", "class": "input"}, format="%H:%M"),
                )
            self.fields[f"open_{weekday}"].widget.attrs["class"] = "sq"

    def rows(self) -> Iterator[dict[str, Any]]:
        """For the table of the page: one row a weekday."""
        for weekday in range(7):
            row = {name: self[f"{name}_{weekday}"] for name in ("open", "opens", "closes")}
            yield row | {"day": self.days[weekday], "errors": row["opens"].errors + row["closes"].errors}

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        hours: dict[int, tuple[dt.time, dt.time]] = {}
        for weekday in range(7):
            opens, closes = data.get(f"opens_{weekday}"), data.get(f"closes_{weekday}")
            if not data.get(f"open_{weekday}") or self[f"opens_{weekday}"].errors or self[f"closes_{weekday}"].errors:
                continue
            if opens is None or closes is None:
                self.add_error(f"opens_{weekday}", gettext("A working day needs both times."))
            elif closes <= opens:
                self.add_error(f"closes_{weekday}", gettext("It closes before it opens."))
            else:
                hours[weekday] = (opens, closes)
        return {"hours": hours}


class HolidayForm(TenantForm):
    class Meta:
        model = Holiday
        fields = ("day", "name")
        labels = {"day": _("Day"), "name": _("Name")}
        widgets = {"day": day_input()}


class SegmentForm(TenantForm):
    class Meta:
        model = Segment
        fields = ("name", "profile", "position")
        labels = {"name": _("Name"), "profile": _("Profile"), "position": _("Order")}
        help_texts = {
            "name": _("A new name holds for all months, also for those that are past."),
            "profile": _("Benchmarks and journeys of the segment begin with those of its profile."),
        }


class ChurnReasonForm(TenantForm):
    class Meta:
        model = ChurnReason
        fields = ("category", "name", "position")
        labels = {"position": _("Order")}
        help_texts = {"name": _("Files, programs and people who write exactly this are sorted into the category.")}


class ChurnRuleForm(TenantForm):
    class Meta:
        model = ChurnRule
        fields = ("category", "words", "least", "advice", "position")
        labels = {"position": _("Order")}
        help_texts = {
            "category": _("Without one the rule is about a segment that carries this share of the losses."),
            "words": _("Beginnings of words, separated by commas; answers with any of them count. Empty: all."),
            "least": _("Of the customers who answered; of a segment, of all who left."),
            "advice": _("%(segment)s stands for the segment's name."),
        }


class TeamForm(TenantForm):
    class Meta:
        model = Team
        fields = ("name", "leader")
        labels = {"name": _("Name"), "leader": _("Leader")}
        help_texts = {"leader": _("Sees the accounts of everybody in the team.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _choice(self, "leader").queryset = Member.objects.filter(is_active=True)


class ProductForm(TenantForm):
    """External ids are what imports and the API know a product by, so one that exists keeps its own."""

    class Meta:
        model = Product
        fields = ("name", "external_id")
        help_texts = {"external_id": _("Imports and the API know the product by it.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["external_id"].disabled = not self.instance._state.adding


class PlanForm(TenantForm):
    class Meta:
        model = Plan
        fields = ("name", "product", "rank", "usage_limit")
        labels = {"product": _("Product")}
        help_texts = {
            "rank": _("Higher plans have higher ranks."),
            "usage_limit": _("What may be used in 30 days; empty without a limit."),
        }


class FeatureForm(TenantForm):
    class Meta:
        model = Feature
        fields = ("name", "key", "kind", "product")
        labels = {"product": _("Product")}
        help_texts = {"key": _("The event that its use sends.")}


class MemberForm(TenantForm):
    class Meta:
        model = Member
        fields = ("role", "team", "title")
        labels = {"role": _("Role"), "team": _("Team"), "title": _("Title")}


class InvitationForm(forms.Form):
    """Whom to invite, as what."""

    email = forms.EmailField(label=_("E-mail"))
    role = TenantChoiceField(Role, label=_("Role"))
    team = TenantChoiceField(Team, label=_("Team"), required=False)

    def clean_email(self) -> str:
        return self.cleaned_data["email"].lower()


class RoleForm(forms.Form):
    """A new role, as a copy of one that stands."""

    name = forms.CharField(label=_("Name"), max_length=80)
    like = TenantChoiceField(Role, label=_("Begins like"))


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(label=_("Name"), max_length=80, help_text=_("What will use it."))
    scopes = forms.MultipleChoiceField(label=_("It may"), choices=KeyScope.choices, widget=forms.CheckboxSelectMultiple)
    expires_on = forms.DateField(
        label=_("Valid through"), required=False, widget=day_input(), help_text=_("Empty: until it is revoked.")
    )

    def clean_expires_on(self) -> dt.date | None:
        day = self.cleaned_data["expires_on"]
        if day and day < timezone.localdate():
            raise ValidationError(gettext("Choose today or later."))
        return day


class RateForm(forms.Form):
    """One exchange rate of one month. What may stand in the fields is the business of `rows.parse`, as for imports."""

    month = forms.CharField(label=_("Month"), widget=forms.TextInput(attrs={"type": "month"}))
    base = forms.CharField(label=_("One unit of"), max_length=3)
    quote = forms.CharField(label=_("In"), max_length=3)
    rate = forms.CharField(label=_("Rate"), widget=forms.TextInput(attrs={"inputmode": "decimal"}))


class JoinForm(forms.Form):
    """What a new person says when they join."""

    name = forms.CharField(label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"}))
    password = forms.CharField(
        label=_("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("At least 10 characters."),
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if password := data.get("password"):
            try:
                password_validation.validate_password(password, User(email=self.email, name=data.get("name", "")))
            except ValidationError as error:
                self.add_error("password", error)
        return data


class ProfileForm(forms.ModelForm):
    """How the product looks and speaks to a person, in every company."""

    name = forms.CharField(label=_("Name"), max_length=120)
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[
            ("", _("Like the browser")),
            *((code, get_language_info(code)["name_local"]) for code, _name in settings.LANGUAGES),
        ],
    )

    class Meta:
        model = User
        fields = ("name", "language", "theme", "density", "shortcuts")
        labels = {
            "theme": _("Theme"),
            "density": _("Density of tables"),
            "shortcuts": _("Single-letter keyboard shortcuts"),
        }
        help_texts = {"shortcuts": _("Ctrl K and Esc work always.")}


class ThemeForm(forms.ModelForm):
    """The theme alone, as the button of the frame sends it."""

    class Meta:
        model = User
        fields = ("theme",)
