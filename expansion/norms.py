"""What is usual: expansion by profile (EXP-07), and what working at it systematically brings (EXP-09). Texts with their source, to stand
beside a company's own figures; nothing is judged by them."""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from accounts.enums import Profile

SOURCE = _("Setia's reference on expansion")


@dataclass(frozen=True)
class Norm:
    """A profile's usual deal: money a year in US dollars (`most` None: and more), how long it takes, and how it is done."""

    least: int | None
    most: int | None
    cycle: Promise
    approach: Promise


NORMS: Mapping[str, Norm] = {
    Profile.ENTERPRISE: Norm(
        50_000, 500_000, _("6 to 12 months"), _("Account plan, executive sponsor, roadmap of several years")
    ),
    Profile.MID_MARKET: Norm(10_000, 100_000, _("2 to 4 months"), _("Approved by the department")),
    Profile.SMB: Norm(1_000, 10_000, _("1 to 2 weeks"), _("Self-serve")),
    Profile.PRODUCT_LED: Norm(
        None, None, _("All the time"), _("Small steps by the product itself: paywall, limit, prompt, invitation")
    ),
}


@dataclass(frozen=True)
class Benchmark:
    """A span of a ratio in percent, with where it comes from."""

    low: int
    high: int
    text: Promise
    source: Promise


# EXP-09: net revenue retention by how expansion is worked at; and how many deals close.
SYSTEMATIC = Benchmark(120, 130, _("Net revenue retention of companies that work at expansion systematically"), SOURCE)
REACTIVE = Benchmark(95, 105, _("Net revenue retention of companies that wait to be asked"), SOURCE)


@dataclass(frozen=True)
class Grown:
    """What the ledger says of the year that ended with `month`: net retention, and the MRR by which customers of a year before
    grew, in minor units of the reporting currency."""

    month: dt.date
    nrr: Decimal
    expansion_minor: int


# The figures stand on a floor above, which says here what it knows; each gives None where it knows nothing.
MEASURED: list[Callable[[], Grown | None]] = []


def grown() -> Grown | None:
    """The company's own net retention, to stand beside the benchmark."""
    return next((found for ask in MEASURED if (found := ask()) is not None), None)
