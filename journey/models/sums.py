"""What the night reckons of a large book's journeys, for pages that may not wait for it (JRN-25 to JRN-33)."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now

from accounts.models import Account, Member, Segment
from cs_platform.kernel.tenancy import DerivedModel, TenantForeignKey
from journey.models.tracks import StagePeriod, Track


class JourneySpan(DerivedModel):
    """A span of days (`analysis.spans.SPANS`) whose figures are kept, and the moment that they are of."""

    pk = models.CompositePrimaryKey("tenant_id", "span")
    span = models.CharField(max_length=8)
    first = models.DateField()
    last = models.DateField()
    before_first = models.DateField()
    reckoned_at = models.DateTimeField(db_default=Now())


class JourneySum(DerivedModel):
    """A part of a figure: of the accounts of one owner and segment, as analysis/sql/parts.sql says it."""

    pk = models.CompositePrimaryKey("tenant_id", "span", "place")
    span = models.CharField(max_length=8)
    place = models.IntegerField()  # of the row among its span's; it says nothing
    owner = TenantForeignKey(Member, models.CASCADE, null=True, related_name="+", checked=False)
    segment = TenantForeignKey(Segment, models.CASCADE, null=True, related_name="+", checked=False)
    figure = models.CharField(max_length=12)
    cell = models.CharField(max_length=20)
    part = models.CharField(max_length=6)
    stage = models.CharField(max_length=10)
    word = models.CharField(max_length=20)
    cut = models.CharField(max_length=8)
    value = models.CharField(max_length=80)
    days = models.IntegerField(null=True)
    n = models.IntegerField()
    accounts = models.IntegerField()
    mrr = models.BigIntegerField()


class JourneyMark(DerivedModel):
    """An open stage that somebody should look at, on a day: a flag (`stages.flags.Key`) that it carries, with the owner and the
    segment of its account. Without a flag: it stands still (`days` without progress), as walked.sql says."""

    pk = models.CompositePrimaryKey("tenant_id", "as_of", "flag", "period_id")
    as_of = models.DateField()
    flag = models.CharField(max_length=32)
    period = TenantForeignKey(StagePeriod, models.CASCADE, related_name="+", checked=False)
    track = TenantForeignKey(Track, models.CASCADE, related_name="+", checked=False)
    account = TenantForeignKey(Account, models.CASCADE, related_name="+", checked=False)
    owner = TenantForeignKey(Member, models.CASCADE, null=True, related_name="+", checked=False)
    segment = TenantForeignKey(Segment, models.CASCADE, null=True, related_name="+", checked=False)
    days = models.IntegerField(null=True)

    class Meta(DerivedModel.Meta):
        indexes: ClassVar = [models.Index(fields=["tenant", "account"], name="journeymark_of_account")]
