"""Answers to surveys by external id: NPS, CSAT, CES (ACC-10, E12)."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from accounts.kinds import Problem, Reader, Row
from accounts.merging import MergeResult, Origin
from accounts.merging.result import first_of_each
from accounts.models import Tenant
from accounts.rows import amount, choice, moment, text, whole
from health.enums import SurveyContext, SurveyDirection, SurveyKind
from health.known import known_on
from health.merging import write_staged
from health.naming import Ids, named

SQL = Path(__file__).parent / "sql"
FIELDS: dict[str, Reader] = {
    "survey": text(200, required=True),
    "account": text(200, required=True),
    "contact": text(200),
    "kind": choice(SurveyKind),
    "context": choice(SurveyContext),
    "score": amount,
    "scale": whole(2, 100),
    "direction": choice(SurveyDirection),
    "answered_at": moment,
    "comment": text(4000),
}
REQUIRED = ("survey", "account", "kind", "score", "answered_at")
LABELS: Mapping[str, Promise] = {
    "survey": gettext_lazy("Survey answer id"),
    "account": gettext_lazy("Account id"),
    "contact": gettext_lazy("Contact id"),
    "kind": gettext_lazy("Kind"),
    "context": gettext_lazy("Asked after"),
    "score": pgettext_lazy("survey", "Score"),
    "scale": gettext_lazy("Highest score"),
    "direction": gettext_lazy("Direction of the scale"),
    "answered_at": gettext_lazy("Answered"),
    "comment": gettext_lazy("Comment"),
}
SYNONYMS: Mapping[str, tuple[str, ...]] = {
    "survey": ("external_id", "survey_id", "response_id", "response", "id"),
    "account": ("account_id", "customer_id", "company_id"),
    "contact": ("contact_id", "respondent"),
    "kind": ("type", "survey_type"),
    "score": ("rating", "value"),
    "answered_at": ("responded_at", "date", "created_at"),
    "comment": ("text", "feedback", "verbatim"),
}
COLUMNS = [
    ("number", "int"), ("survey", "text"), ("account_id", "uuid"), ("contact_id", "uuid"), ("kind", "text"),
    ("context", "text"), ("score", "numeric(6,2)"), ("scale", "smallint"), ("answered_at", "timestamptz"),
    ("comment", "text"), ("known_on", "date"), ("given", "text[]"),
]  # fmt: skip
NPS = (SurveyKind.NPS, SurveyKind.JOURNEY_NPS)
# The lowest score, and the highest ones that a scale may have; the first one is meant when none is given.
SCALES = {
    SurveyKind.NPS: (0, (10,)),
    SurveyKind.JOURNEY_NPS: (0, (10,)),
    SurveyKind.CSAT: (1, (5, 10)),
    SurveyKind.CES: (1, (7,)),
}


def check(values: dict[str, Any]) -> list[Problem]:
    """The score lies on its scale; that of a CES is turned so that low is easy (E12), which its direction must say.

    Example: a CES of 6 where high is easy is stored as 2.
    """
    for name in ("kind", "score", "answered_at"):
        if values[name] in (None, ""):
            return [Problem(name, "", "required", _("A value is required here."))]
    kind, score = values["kind"], values["score"]
    lowest, highest = SCALES[kind]
    scale = values.get("scale") or highest[0]
    if scale not in highest:
        sentence = _("The highest score is %(scales)s.") % {"scales": _(" or ").join(map(str, highest))}
        return [Problem("scale", str(scale), "out_of_range", sentence)]
    if not lowest <= score <= scale:
        sentence = _("Between %(a)s and %(b)s.") % {"a": lowest, "b": scale}
        return [Problem("score", str(score), "out_of_range", sentence)]
    if kind in NPS and score % 1:
        return [Problem("score", str(score), "not_a_whole_number", _("Write a whole number."))]
    if score.scaleb(2) % 1:
        return [Problem("score", str(score), "decimals", _("Write a score with at most 2 decimals."))]
    if kind == SurveyKind.CES and not values.get("direction"):
        sentence = _("Say whether low or high means easy: low_is_easy or high_is_easy.")
        return [Problem("direction", "", "required", sentence)]
    turned = kind == SurveyKind.CES and values["direction"] == SurveyDirection.HIGH_IS_EASY
    values["stored_score"] = Decimal(scale + lowest) - score if turned else score
    values["scale"] = scale
    return []


def merge_surveys(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create or update answers; fields that a row does not give stay as they are.

    Refused: an account or a contact that does not exist, and a contact of another account.
    """
    result = MergeResult()
    rows = first_of_each(rows, result, "survey")
    accepted = list(named(rows, result, contacts=["contact"]))
    if not accepted:
        return result
    tenant = Tenant.current()
    received = timezone.now().astimezone(tenant.zone).date()

    def cells(row: Row, ids: Ids) -> list[Any]:
        v = row.values
        known = known_on(v["answered_at"].astimezone(tenant.zone).date(), received, origin.source)
        return [
            row.number, v["survey"], ids["account"], ids["contact"], v["kind"],
            v.get("context") or SurveyContext.RELATIONSHIP.value, v["stored_score"], v["scale"], v["answered_at"],
            v.get("comment") or "", known, "{" + ",".join(sorted(row.given)) + "}",
        ]  # fmt: skip

    rows_of = (cells(row, ids) for row, ids in accepted)
    write_staged(SQL / "merge_surveys.sql", "stage_survey", COLUMNS, rows_of, result=result, origin=origin)
    return result
