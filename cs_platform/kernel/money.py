"""Money: minor units and an ISO code in the database, Decimal outside, one place that knows the digits."""

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache

from babel.numbers import format_currency, get_currency_precision, get_currency_symbol, is_currency
from django.core.exceptions import ValidationError
from django.utils.translation import get_language
from django.utils.translation import gettext as _


@lru_cache
def digits(currency: str) -> int:
    """Number of minor digits. Example: USD 2, JPY 0, KWD 3. IDR has 2 on paper and is kept so."""
    return get_currency_precision(currency)


def to_minor(amount: Decimal, currency: str) -> int:
    """Minor units of `amount`, half up. Example: 83.335 USD gives 8334."""
    return int(amount.scaleb(digits(currency)).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def from_minor(minor: int, currency: str) -> Decimal:
    """Decimal amount of `minor` units. Example: 8334 USD gives 83.34."""
    return Decimal(minor).scaleb(-digits(currency))


def whole_minor(minor: int | Decimal) -> int:
    """Minor units without a fraction, half up: of averages and other quotients. Example: 8333.5 gives 8334."""
    return int(Decimal(minor).quantize(Decimal(1), rounding=ROUND_HALF_UP))


def normalised_monthly(amount: Decimal, interval_months: int, currency: str) -> int:
    """Monthly minor units of `amount` paid each `interval_months`, half up once for each line (METRICS rule 2).

    Example: 2,000.00 a year gives 166.67; three lines of 10.00 a year give 3 x 0.83 = 2.49.
    """
    return to_minor(amount / interval_months, currency)


def validate_currency(code: str) -> None:
    """Raise ValidationError unless `code` is an ISO 4217 code in capitals."""
    if not is_currency(code):
        raise ValidationError(_("%(code)s is not a currency code such as USD, EUR or IDR."), params={"code": code})


def money_text(minor: int | None, currency: str, *, compact: bool = False, signed: bool = False) -> str:
    """Amount as people read it in the active language; "–" when undefined.

    `compact` writes 412,000.00 USD as $412k and 48,660,000.00 as $48.66M, the form of tiles and lists.
    """
    if minor is None:
        return "–"
    locale = get_language() or "en"
    amount = from_minor(minor, currency)
    sign = "−" if amount < 0 else "+" if signed and amount > 0 else ""
    amount = abs(amount)
    if not compact:
        return sign + format_currency(amount, currency, locale=locale)
    symbol = get_currency_symbol(currency, locale=locale)
    for limit, unit, places in ((Decimal(10) ** 9, "B", 2), (Decimal(10) ** 6, "M", 2), (Decimal(10) ** 3, "k", 0)):
        if amount >= limit:
            scaled = amount / limit
            shown = f"{scaled:.{places if scaled < 100 else max(places - 1, 0)}f}"
            return f"{sign}{symbol}{_decimal_mark(shown, locale)}{unit}"
    return f"{sign}{symbol}{amount:.0f}"


def _decimal_mark(text: str, locale: str) -> str:
    return text.replace(".", ",") if locale == "id" else text
