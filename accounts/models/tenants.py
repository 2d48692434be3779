"""The tenant: one company that works with Setia, and its calendar."""

import datetime as dt
from decimal import Decimal
from typing import ClassVar
from zoneinfo import ZoneInfo, available_timezones

from babel.dates import get_day_names
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from accounts.enums import LogoLevel
from cs_platform.kernel.money import validate_currency
from cs_platform.kernel.tenancy import EntityModel, current_tenant_id


def validate_timezone(name: str) -> None:
    """Raise ValidationError unless `name` is an IANA time zone."""
    if name not in available_timezones():
        raise ValidationError(_("%(name)s is not a time zone such as Asia/Jakarta."), params={"name": name})


class Tenant(models.Model):
    """A company. Its id never leaves the server; its slug stands in every URL.

    `data_until` freezes an archive: its days end there, and so do its nights.
    """

    slug = models.SlugField(max_length=60, unique=True, validators=[RegexValidator(r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?$")])
    name = models.CharField(max_length=120)
    currency = models.CharField(max_length=3, default="USD", validators=[validate_currency])
    timezone = models.CharField(max_length=60, default="UTC", validators=[validate_timezone])
    fiscal_start_month = models.PositiveSmallIntegerField(
        default=1, validators=[MinValueValidator(1), MaxValueValidator(12)]
    )
    gross_margin = models.DecimalField(
        max_digits=5,
        decimal_places=4,
        default=Decimal("0.80"),
        validators=[MinValueValidator(Decimal(0)), MaxValueValidator(Decimal(1))],
    )
    # A period that is not paid counts for so many days more (METRICS 4, past due).
    dunning_days = models.PositiveSmallIntegerField(default=30, validators=[MaxValueValidator(365)])
    logo_level = models.CharField(max_length=7, choices=LogoLevel, default=LogoLevel.ACCOUNT)
    night_hour = models.PositiveSmallIntegerField(default=2, validators=[MaxValueValidator(23)])
    # When the day ends: its digest goes out then on working days; and the day whose digest was planned last.
    digest_at = models.TimeField(default=dt.time(17, 30))
    digest_on = models.DateField(null=True, blank=True)
    data_until = models.DateField(null=True, blank=True)
    notice = models.CharField(max_length=200, blank=True)
    # The night: when the next one begins, which day was asked for last and which was finished last.
    next_night_at = models.DateTimeField(null=True, db_index=True)
    night_due_on = models.DateField(null=True)
    night_done_on = models.DateField(null=True)
    created_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return self.name

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.timezone)

    @classmethod
    def current(cls) -> "Tenant":
        """The company whose context is open, as it stands. One query."""
        return cls.objects.get(id=current_tenant_id())

    def today(self, at: dt.datetime | None = None) -> dt.date:
        """The day it is for this tenant; an archive stays at its last day."""
        day = (at or timezone.now()).astimezone(self.zone).date()
        return min(day, self.data_until) if self.data_until else day

    @property
    def figures_as_of(self) -> dt.date:
        """The day that pages and reports speak about: that of the last finished night, else yesterday."""
        return self.night_done_on or self.today() - dt.timedelta(days=0 if self.data_until else 1)


class BusinessHours(EntityModel):
    """Opening hours of one weekday (0 = Monday); a weekday without a row is closed."""

    audited: ClassVar[bool] = True

    weekday = models.PositiveSmallIntegerField(validators=[MaxValueValidator(6)])
    opens = models.TimeField()
    closes = models.TimeField()

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["weekday"]
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["tenant", "weekday"], name="hours_once_a_weekday"),
            models.CheckConstraint(condition=models.Q(closes__gt=models.F("opens")), name="hours_in_order"),
        ]

    def __str__(self) -> str:
        return get_day_names("wide", "stand-alone", get_language() or "en")[self.weekday]


class Holiday(EntityModel):
    """A day on which the business clock stands still."""

    audited: ClassVar[bool] = True

    day = models.DateField()
    name = models.CharField(max_length=80)

    class Meta(EntityModel.Meta):
        ordering: ClassVar = ["day"]
        constraints: ClassVar = [models.UniqueConstraint(fields=["tenant", "day"], name="holiday_once")]

    def __str__(self) -> str:
        return self.name
