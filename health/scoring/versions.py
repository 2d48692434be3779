"""Versions of health models: who judges whom, drafts, what a draft would change, publishing (HLT-01).

A published version never changes. One model without a segment judges all accounts whose segment has none of its own;
it is made when a tenant is scored for the first time.
"""

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from accounts.enums import HealthBand, Profile
from accounts.models import Account, Member, Segment
from cs_platform.kernel.errors import Conflict, DomainError
from health import drafts, news
from health.enums import VersionState
from health.models import HealthModel, HealthModelVersion
from health.scoring import features, formulas
from health.scoring.definition import Definition

SHOWN = 200  # accounts that a preview names


@dataclass(frozen=True)
class Judge:
    """A published version and whom it judges: a segment, or with None all others."""

    version_id: UUID
    segment_id: UUID | None
    definition: Definition


def judges() -> list[Judge]:
    """What is published now, the one for all others first."""
    standard()
    found = HealthModelVersion.objects.filter(state=VersionState.PUBLISHED).select_related("model")
    all_ = [Judge(v.id, v.model.segment_id, Definition.read(v.definition)) for v in found]
    return sorted(all_, key=lambda judge: (judge.segment_id is not None, str(judge.segment_id)))


def by_windows(all_: Sequence[Judge]) -> list[list[int]]:
    """Positions of the judges that look back equally far, so that one round of questions serves them together."""
    groups: dict[tuple[tuple[str, int], ...], list[int]] = {}
    for position, judge in enumerate(all_):
        groups.setdefault(tuple(sorted(judge.definition.windows.items())), []).append(position)
    return list(groups.values())


def standard() -> HealthModel:
    """The model of all accounts whose segment has none of its own, made with its first version when there is none."""
    model, made = HealthModel.objects.get_or_create(segment=None, defaults={"name": _("All customers")})
    if made:
        _publish(_draft(model, Definition.default(), None), _("What every tenant begins with."))
    return model


def add_model(*, segment: Segment, by: Member | None) -> HealthModel:
    """A model for a segment, with a draft of the usual definition of its profile; it judges once it is published."""
    if HealthModel.objects.filter(segment=segment).exists():
        raise Conflict(_("The segment %(name)s has a model already.") % {"name": segment.name}, code="exists")
    with transaction.atomic():
        model = HealthModel.objects.create(segment=segment, name=segment.name)
        _draft(model, Definition.default(segment.profile or Profile.MID_MARKET), by)
    return model


def _draft(model: HealthModel, definition: Definition, by: Member | None) -> HealthModelVersion:
    last = model.versions.order_by("-number").values_list("number", flat=True).first() or 0
    return HealthModelVersion.objects.create(model=model, number=last + 1, definition=definition.json(), author=by)


def published(model: HealthModel) -> HealthModelVersion | None:
    return model.versions.filter(state=VersionState.PUBLISHED).first()


def draft_from(*, model: HealthModel, by: Member | None) -> HealthModelVersion:
    """The model's draft; when there is none, a new one that says what its latest version said."""
    with transaction.atomic():
        HealthModel.objects.select_for_update().get(id=model.id)
        draft = model.versions.filter(state=VersionState.DRAFT).first()
        if draft:
            return draft
        latest = published(model) or model.versions.order_by("-number").first()
        return _draft(model, Definition.read(latest.definition) if latest else Definition.default(), by)


def save_draft(
    *, draft: HealthModelVersion, definition: Mapping[str, Any], version: int, by: Member | None
) -> HealthModelVersion:
    """Write what the draft says. DomainError with what is wrong and where; Conflict when somebody wrote in between."""
    checked = Definition.read(definition)
    with transaction.atomic():
        row = drafts.locked(draft, version)
        row.definition, row.version = checked.json(), row.version + 1
        row.author = by or row.author
        row.save(update_fields=["definition", "version", "author"])
    return row


def discard_draft(*, draft: HealthModelVersion, by: Member | None) -> None:
    """Throw a draft away; a model that never had another version goes with it."""
    with transaction.atomic():
        row = drafts.locked(draft, None)
        model = row.model
        row.delete()
        if not model.versions.exists():
            model.delete()


def publish(
    *, draft: HealthModelVersion, reason: str, by: Member | None, version: int | None = None
) -> HealthModelVersion:
    """From now on accounts are scored by this version; today's scores follow within minutes. The reason stays with it."""
    reason = drafts.reason_of(reason, _("Say why the score changes."))
    with transaction.atomic():
        row = drafts.locked(draft, version)
        Definition.read(row.definition)
        row.author = by or row.author
        _publish(row, reason)
        news.signals_changed(_judged_by(row.model))
    return row


def _publish(row: HealthModelVersion, reason: str) -> None:
    now = timezone.now()
    row.model.versions.filter(state=VersionState.PUBLISHED).update(state=VersionState.RETIRED, retired_at=now)
    row.state, row.published_at, row.reason = VersionState.PUBLISHED, now, reason
    row.version += 1
    row.save(update_fields=["state", "published_at", "reason", "author", "version"])


def retire(*, model: HealthModel, reason: str, by: Member | None) -> None:
    """A segment's model judges no more: its accounts go to the one for all others. Its versions stay readable."""
    if model.segment_id is None:
        raise DomainError(_("The model of all customers cannot be taken away."))
    with transaction.atomic():
        model.versions.filter(state=VersionState.DRAFT).delete()
        row = published(model)
        if row is None:
            raise Conflict(_("This model judges nobody."))
        row.state, row.retired_at = VersionState.RETIRED, timezone.now()
        row.save(update_fields=["state", "retired_at"])
        news.signals_changed(_judged_by(model))


def _judged_by(model: HealthModel) -> list[UUID]:
    """The accounts that this model judges when it is published."""
    accounts = Account.objects.all()
    if model.segment_id:
        accounts = accounts.filter(segment_id=model.segment_id)
    else:
        own = HealthModelVersion.objects.filter(state=VersionState.PUBLISHED, model__segment__isnull=False)
        accounts = accounts.exclude(segment_id__in=own.values("model__segment_id"))
    return list(accounts.values_list("id", flat=True))


@dataclass(frozen=True)
class Moved:
    """One account whose band a draft would change."""

    account_id: UUID
    name: str
    arr_minor: int
    before: float | None
    after: float | None
    band_before: HealthBand
    band_after: HealthBand


@dataclass
class Preview:
    """What a draft would change on the day `as_of`: accounts and yearly money (minor units) by band before and after,
    the accounts that change band (most money first, the first SHOWN of `moved_count`), and the mean change in points."""

    as_of: dt.date
    accounts: int = 0
    counts: dict[tuple[HealthBand, HealthBand], int] = field(default_factory=dict)
    arr: dict[tuple[HealthBand, HealthBand], int] = field(default_factory=dict)
    moved: list[Moved] = field(default_factory=list)
    moved_count: int = 0
    mean_change: float | None = None


def preview(draft: HealthModelVersion, as_of: dt.date, usage_day: dt.date) -> Preview:
    """Score the accounts of the draft's model by what judges them now and by the draft, from the same facts."""
    segment = draft.model.segment_id
    all_ = judges()
    now = next((judge for judge in all_ if judge.segment_id == segment), all_[0] if all_ else None)
    usual = now.definition if now else Definition.default()  # nothing judges yet
    # Apart from the others: the draft's segment, or the segments that have a model of their own.
    apart = [segment] if segment else [judge.segment_id for judge in all_ if judge.segment_id]
    made = []
    for definition in (usual, Definition.read(draft.definition)):
        features.ask_accounts(as_of, usage_day)
        features.stage_models({each: 1 for each in apart if each})
        found = features.answers(definition.windows, [1 if segment else 0])
        made.append(formulas.score(definition, found.of(definition.keys), found.tenure))
    result = Preview(as_of)
    _compare(result, found, *made)
    return result


def _compare(result: Preview, found: features.Answers, before: formulas.Scores, after: formulas.Scores) -> None:
    known = (before.coverage > 0) | (after.coverage > 0)
    rows = [int(row) for row in known.nonzero()[0]]
    money = dict(Account.objects.values_list("id", "mrr_minor"))
    changed: list[tuple[int, int, UUID]] = []
    steps = []
    for row in rows:
        account = found.account(row)
        cell = (before.band(row), after.band(row))
        arr = 12 * money.get(account, 0)
        result.counts[cell] = result.counts.get(cell, 0) + 1
        result.arr[cell] = result.arr.get(cell, 0) + arr
        old, new = before.score(row), after.score(row)
        if old is not None and new is not None:
            steps.append(new - old)
        if cell[0] != cell[1]:
            changed.append((arr, row, account))
    result.accounts, result.moved_count = len(rows), len(changed)
    result.mean_change = sum(steps) / len(steps) if steps else None
    changed.sort(key=lambda item: (-item[0], str(item[2])))
    names = dict(Account.objects.filter(id__in=[a for _m, _r, a in changed[:SHOWN]]).values_list("id", "name"))
    result.moved = [
        Moved(
            account, names.get(account, ""), arr, before.score(row), after.score(row), before.band(row), after.band(row)
        )
        for arr, row, account in changed[:SHOWN]
    ]
