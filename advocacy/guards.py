"""The one gate of asks (ADV-01, ADV-04): a marginal account is never asked, nobody without consent or legal, nobody who
rests. Pages show the same reasons beforehand."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from advocacy import rules, standings
from advocacy.enums import AssetKind, Consent, Criterion, Legal
from advocacy.enums import Standing as State
from advocacy.models import Advocate
from advocacy.standings import Standing
from cs_platform.kernel.templatetags.cells import day_text


@dataclass(frozen=True)
class Refusal:
    """Why somebody may not be asked: a code for programs, a sentence for people, and from when on they may, if that is known."""

    code: str
    text: str
    until: dt.date | None = None

    def __str__(self) -> str:
        return self.text


def may_ask(advocates: Iterable[Advocate | UUID], kind: str = "") -> dict[UUID, Refusal | None]:
    """Of each advocate None, or why they may not be asked today (for `kind`, if it is named). Two statements for all.

    Example: all six met, consent to name and logo, last answer 61 days ago gives None; asked three times in 180 days and
    answered 61 days ago gives resting until day 90.
    """
    ids = [one.id if isinstance(one, Advocate) else one for one in advocates]
    found = standings.of_advocates(ids)
    left = Refusal("left", _("They have left the program."))
    return {key: refusal(found[key], kind) if key in found else left for key in ids}


def not_live() -> Refusal:
    """Of whom nothing was judged."""
    return Refusal("not_live", _("The account is no customer now, or was not judged yet."))


def refusal(row: Standing, kind: str = "") -> Refusal | None:
    """Why the candidate may not be asked; None where nothing speaks against it."""
    if not row.judged:
        return not_live()
    if not row.qualified:
        return _lacking(row)
    if row.advocate_id is None:
        return Refusal("not_enrolled", _("Nobody of this account is enrolled with consent."))
    if row.gone:
        return Refusal("gone", _("This person has left the customer."))
    if row.consent == Consent.REFUSED:
        return Refusal("consent", _("They refused their consent."))
    if row.standing == State.BLOCKED and row.legal != Legal.REFUSED:
        return Refusal("consent_over", _("Their consent ended on %(day)s.") % {"day": day_text(row.consent_until)})
    if row.legal == Legal.REFUSED:
        return Refusal("legal", _("Their legal refused it."))
    if row.standing == State.WAITING:
        return Refusal("legal_open", _("Their legal has not approved it yet."))
    if row.standing == State.RESTING and row.rests_until:
        text = _("Rests until %(day)s: they answered lately.")
        if row.asks:
            text = ngettext(
                "Rests until %(day)s: asked once in 180 days.",
                "Rests until %(day)s: asked %(n)s times in 180 days.",
                row.asks,
            )
        return Refusal("resting", text % {"day": day_text(row.rests_until), "n": row.asks}, row.rests_until)
    consent = Consent(row.consent or Consent.REFUSED)
    if kind and kind not in rules.COVERS[consent]:
        words = {"kind": AssetKind(kind).label, "consent": consent.label}
        return Refusal("not_covered", _("“%(kind)s” is not covered by their consent: %(consent)s.") % words)
    return None


def _lacking(row: Standing) -> Refusal:
    """The first criterion that is missing, else the first that is not known."""
    missing = [criterion for criterion, met in row.marks.items() if met is False]
    lacking = (missing or row.lacking or [Criterion.HEALTHY])[0]
    text = _("Missing: %(criterion)s.") if missing else _("Not known: %(criterion)s.")
    return Refusal(f"{'missing' if missing else 'unknown'}_{lacking.value}", text % {"criterion": lacking.label})
