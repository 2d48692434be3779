"""Why customers left, as files and programs say it (MET-10): one answer for each account and end of paid service."""

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from django.utils import timezone
from django.utils.translation import gettext as _

from accounts import churn
from accounts.enums import ChangeSource, ChurnCategory, SaidBy
from accounts.kinds import DateStyle, Problem, Row
from accounts.merging.result import MergeResult, Origin, first_of_each, quiet_inserts
from accounts.models import Account, ChurnAnswer
from accounts.rows import Bad, choice, day, text

WORDS = ("category", "reason", "note", "competitor", "said_by")
_READERS = {
    "account": text(200, required=True),
    "ended_on": day,
    "category": choice(ChurnCategory),
    **{name: text(most) for name, most in churn.LONGEST.items()},
    "said_by": choice(SaidBy),
}
Key = tuple[UUID, dt.date | None]


def read_answer(number: int, cells: Mapping[str, Any]) -> Row | list[Problem]:
    """The row, or every problem that it has. Without a day of the end it is about the account's last one."""
    values: dict[str, Any] = {}
    problems = []
    for name, value in {"account": None, "ended_on": None, **cells}.items():
        try:
            values[name] = _READERS[name](value, DateStyle.ISO)
        except Bad as bad:
            problems.append(Problem(name, str(value)[:200], bad.code, bad.message))
    return problems or Row(number, values, frozenset(cells))


def merge_answers(rows: Sequence[Row], origin: Origin) -> MergeResult:
    """Create answers or change what is given of them. A new one needs a reason or a category; a reason without a
    category is classified. Refused: an account that does not exist."""
    result = MergeResult()
    rows = first_of_each(rows, result, "account", "ended_on")
    accounts = _accounts(row.values["account"] for row in rows)
    told = []
    for row in rows:
        key = accounts.get(row.values["account"])
        if key is None:
            message = _("There is no account with this id.")
            result.reject(row, "account", row.values["account"], "unknown_account", message)
        else:
            told.append((row, (key, row.values["ended_on"]), {n: row.values[n] or "" for n in WORDS if n in row.given}))
    _write(told, origin, result)
    return result


def answers_of_file(
    rows: Sequence[Row], origin: Origin, result: MergeResult, ended_on: Callable[[Row], dt.date | None]
) -> None:
    """Keep what rows about accounts or paid periods say of why the customer left: their words as they stand, with the
    category that they give or that the words suggest.

    A row that says nothing leaves what is known. What a person answered stays, and so does what an earlier row of the
    same file said of the same end; `result.notes` says it. An answer makes an unchanged row an updated one.
    """
    saying = [
        row
        for row in rows
        if (row.values.get("churn_reason") or row.values.get("churn_category")) and row.number in result.outcomes
    ]
    if not saying:
        return
    accounts = _accounts(row.values["account"] for row in saying)
    told = []
    for row in saying:
        words = {"reason": row.values.get("churn_reason") or ""}
        if row.values.get("churn_category"):
            words["category"] = row.values["churn_category"]
        told.append((row, (accounts[row.values["account"]], ended_on(row)), words))
    own = MergeResult()
    _write(told, origin, own, by_file=True)
    result.notes += own.notes
    for number, outcome in own.outcomes.items():
        if outcome != "unchanged" and result.outcomes[number] == "unchanged":
            result.outcomes[number] = "updated"


def _accounts(external_ids: Any) -> dict[str, UUID]:
    found = Account.objects.filter(external_id__in=set(external_ids))
    return dict(found.values_list("external_id", "id"))


def _write(
    told: Sequence[tuple[Row, Key, dict[str, str]]], origin: Origin, result: MergeResult, *, by_file: bool = False
) -> None:
    """Compare with what stands, and write what differs."""
    keys = {key for key, _ended_on in (each[1] for each in told)}
    # Whoever answers at the same time waits for us, in the order of the ids.
    list(Account.objects.filter(id__in=keys).order_by("id").select_for_update(no_key=True).values_list("id"))
    standing: dict[Key, ChurnAnswer] = {
        (answer.account_id, answer.ended_on): answer for answer in ChurnAnswer.objects.filter(account_id__in=keys)
    }
    own = churn.reasons()
    fresh: dict[Key, ChurnAnswer] = {}
    changed: list[ChurnAnswer] = []
    said: set[Key] = set()
    for row, key, words in told:
        answer, before = fresh.get(key) or standing.get(key), key in said
        said.add(key)
        words = _classified(row, words, answer, own, result)
        if not words:
            continue
        if answer is None:
            fresh[key] = answer = ChurnAnswer(
                account_id=key[0], ended_on=key[1], source=origin.source, source_ref=origin.ref,
                **{"said_by": SaidBy.CUSTOMER.value, **words},
            )  # fmt: skip
            result.add(row.number, answer.id, "created")
        elif all(getattr(answer, name) == value for name, value in words.items()):
            result.add(row.number, answer.id, "unchanged")
        elif by_file and (stays := _stays(answer, origin, before)):
            result.note(row, "churn_reason", words.get("reason", ""), *stays)
            result.add(row.number, answer.id, "unchanged")
        else:
            for name, value in words.items():
                setattr(answer, name, value)
            answer.source, answer.source_ref, answer.recorded_by = origin.source, origin.ref, None
            answer.version += 1
            answer.updated_at = timezone.now()
            changed.append(answer)
            result.add(row.number, answer.id, "updated")
    quiet_inserts(len(fresh))
    ChurnAnswer.objects.bulk_create(fresh.values(), batch_size=2000)
    columns = [*WORDS, "source", "source_ref", "recorded_by", "version", "updated_at"]
    ChurnAnswer.objects.bulk_update(changed, columns, batch_size=500)


def _classified(
    row: Row, words: dict[str, str], answer: ChurnAnswer | None, own: Sequence[churn.Reason], result: MergeResult
) -> dict[str, str]:
    """The words with their category; nothing, and a refusal, when neither a reason nor a category is known."""
    if not words.get("category"):
        words = {name: value for name, value in words.items() if name != "category"}
        if words.get("reason") and (answer is None or words["reason"] != answer.reason):
            words["category"] = churn.classify(words["reason"], own)
        elif answer is None:
            result.reject(row, "category", "", "required", _("Give a category or a reason."))
            return {}
    if "said_by" in words and not words["said_by"]:
        words = words | {"said_by": SaidBy.CUSTOMER.value}
    return words


def _stays(answer: ChurnAnswer, origin: Origin, before: bool) -> tuple[str, str] | None:
    """Why a file does not change this answer: (code, sentence); None when it does."""
    if answer.source == ChangeSource.MEMBER:
        return "answered", _("A person has recorded why this customer left; that stays.")
    if before or (origin.ref and answer.source_ref == origin.ref):
        return "repeated", _("An earlier row gives another reason of the same end; that one stays.")
    return None
