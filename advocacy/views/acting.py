"""What the pages of the program share: where a form leads back to, and lists that begin with the latest."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse

from cs_platform.kernel.access import TenantRequest
from cs_platform.kernel.asked import back_of
from cs_platform.kernel.keyset import row_of, rows_after

SHOWN = 50


def home(request: TenantRequest, name: str = "advocacy") -> str:
    """Where a form leads back to: where the person came from, else the page `name`."""
    start = reverse("home", args=[request.tenant.slug])
    return back_of(request, start) or reverse(name, args=[request.tenant.slug])


def latest(request: TenantRequest, rows: QuerySet[Any], column: str, asked: Mapping[str, str]) -> tuple[list[Any], str]:
    """A page of rows with the latest `column` first, after the row that the address names, and the address of the next one
    within what is `asked` for; "" where nothing follows."""
    last = row_of(rows, request.GET.get("after", ""))
    found = list(rows_after(rows, column, last).order_by(f"-{column}", "-id")[: SHOWN + 1])
    more = urlencode({**asked, "after": str(found[SHOWN - 1].id)}) if len(found) > SHOWN else ""
    return found[:SHOWN], f"{request.path}?{more}" if more else ""
