"""The editor of a playbook: steps in three languages, moved, added and taken away; what changes; publishing."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from accounts.enums import HealthBand, Profile, Tier
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.asked import version_of
from cs_platform.kernel.errors import Conflict, DomainError
from cs_platform.kernel.htmx import page
from health.enums import VersionState
from journey.enums import Doer, WorkType
from journey.models import Playbook, PlaybookVersion
from journey.playbooks import cells, draft_form, letter_cells, versions
from journey.playbooks.definition import Steps
from journey.playbooks.mail import RECIPIENTS, Place
from journey.playbooks.texts import LANGUAGES
from journey.views.playbook_mail import about, offered, previews
from journey.views.playbooks import open_playbook, segment_names

LANGUAGE_NAMES = {"en": "English", "id": "Bahasa Indonesia", "ms": "Bahasa Melayu"}


@requires(Permission.MANAGE_JOURNEY)
@require_POST
def playbook_edit(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """Begin a draft, or go on with the one that there is."""
    book = open_playbook(playbook_id)
    versions.draft_from(playbook=book, by=request.member)
    return redirect("playbook_draft", request.tenant.slug, book.id)


@requires(Permission.MANAGE_JOURNEY)
def playbook_draft(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """The draft as a form. POST saves it and goes on, throws it away, or only adds, moves and removes rows on the page."""
    book = open_playbook(playbook_id)
    draft = book.versions.filter(state=VersionState.DRAFT).first()
    if draft is None:
        return redirect("playbook", request.tenant.slug, book.id)
    rows, problems, status, language = draft_form.rows_of(draft.steps), dict[str, str](), 200, _shown(request)
    version = str(draft.version)
    if request.method == "POST":
        verb = request.POST.get("verb", "save")
        if verb == "discard":
            versions.discard_draft(draft=draft, by=request.member)
            messages.success(request, _("The draft is gone."))
            return redirect("playbook", request.tenant.slug, book.id)
        rows, version = draft_form.posted(request.POST), request.POST.get("version", "")
        if verb in ("save", "preview"):
            status, problems = _save(request, draft, rows)
            if status == 200:
                messages.success(request, _("The draft is saved."))
                name = "playbook_preview" if verb == "preview" else "playbook_draft"
                return redirect(f"{reverse(name, args=[request.tenant.slug, book.id])}?language={language}")
            if status == 409:
                version = str(draft.version)
        else:
            rows = draft_form.changed(rows, verb)
            language = verb.partition(":")[2] if verb.startswith("language:") else language
            language = language if language in LANGUAGES else LANGUAGES[0]
    segments = segment_names()
    customers = offered(request) if any(row["kind"] == "mail" for row in rows) else []
    wished = request.POST.get("about") or next(iter(customers), "")
    mails = previews(rows, about(request, wished), language) if customers or wished else {}
    context = {
        "book": book,
        "title": cells.name(book),
        "draft": draft,
        "version": version,
        "language": language,
        "languages": [{"value": key, "label": label, "on": key == language} for key, label in LANGUAGE_NAMES.items()],
        "rows": [
            _row(row, place, len(rows), problems, language, segments) | {"preview": mails.get(place)}
            for place, row in enumerate(rows)
        ],
        "customers": customers,
        "about": wished,
        "fields": [{"value": value, "label": label} for value, label in Place.choices],
        "problems": problems,
        "general": problems.get("steps") or problems.get(""),
        "moved": "verb" in request.POST,
    }
    return page(request, "journey/playbook_draft.html", context, pieces=("draft-steps",), status=status)


def _save(request: TenantRequest, draft: PlaybookVersion, rows: list[draft_form.Row]) -> tuple[int, dict[str, str]]:
    """Status, and what is wrong by field."""
    try:
        versions.save_draft(
            draft=draft, steps=draft_form.steps_of(rows), version=version_of(request) or 0, by=request.member
        )
    except Conflict as error:
        return 409, {"": error.message}
    except DomainError as error:
        return 422, dict(error.fields)
    return 200, {}


def _shown(request: TenantRequest) -> str:
    wished = request.POST.get("language") or request.GET.get("language") or (get_language() or "en")[:2]
    return wished if wished in LANGUAGES else LANGUAGES[0]


def _row(
    row: draft_form.Row, place: int, count: int, problems: dict[str, str], language: str, segments: dict[str, str]
) -> dict[str, Any]:
    """A step of the form with its choices and what is wrong with it."""

    def wrong(name: str) -> str:
        return next(
            (text for key, text in problems.items() if key == f"{place}.{name}" or key.startswith(f"{place}.{name}.")),
            "",
        )

    def options(choices: Any, chosen: Any) -> list[dict[str, Any]]:
        return [{"value": value, "label": label, "on": value in chosen} for value, label in choices]

    others = [one for one in LANGUAGES if one != language]
    yes_no = (("", _("Does not matter")), ("yes", _("Yes")), ("no", _("No")))
    asked = any(row[part] for part in draft_form.ASKED)
    texts = draft_form.TEXTS[row["kind"]]
    named = row[texts[0]]  # by what the step is known: what is done, or the subject
    return {
        "mail": row["kind"] == "mail",
        "kind": row["kind"],
        "place": place,
        "number": place + 1,
        "first": place == 0,
        "last": place == count - 1,
        "key": row["key"],
        "days": row["days"],
        "urgent": row["urgent"],
        **{text: row[text].get(language, "") for text in texts},
        "hint": next((named[one] for one in others if named.get(one)), ""),
        "hidden": [(f"{place}-{text}-{one}", row[text].get(one, "")) for text in texts for one in others],
        "missing": [LANGUAGE_NAMES[one] for one in LANGUAGES if not named.get(one, "").strip()],
        "fallback": row["fallback"],
        "recipients": options([(name, letter_cells.role(name)) for name in RECIPIENTS], [row["to"]]),
        "doers": options(Doer.choices, [row["doer"]]),
        "works": options(WorkType.choices, [row["work"]]),
        "bands": options(HealthBand.choices, row["band"]),
        "profiles": options(Profile.choices, row["profile"]),
        "tiers": options(Tier.choices, row["tier"]),
        "segments": options(segments.items(), row["segment"]),
        "champions": options(yes_no, [row["champion"]]),
        "values": options(yes_no, [row["first_value"]]),
        "renewal_within": row["renewal_within"],
        "asked": asked or bool(wrong("if")),
        "wrong": {
            name.replace("if", "asked"): wrong(name)
            for name in ("key", "title", "note", "subject", "body", "to", "days", "doer", "work", "if")
        },
    }


@requires(Permission.MANAGE_JOURNEY)
def playbook_preview(request: TenantRequest, playbook_id: UUID) -> HttpResponse:
    """What publishing the draft changes; POST publishes it with a reason."""
    book = open_playbook(playbook_id)
    draft = book.versions.filter(state=VersionState.DRAFT).first()
    if draft is None:
        return redirect("playbook", request.tenant.slug, book.id)
    problem, reason = "", request.POST.get("reason", "")
    if request.method == "POST":
        try:
            versions.publish(draft=draft, reason=reason, by=request.member, version=version_of(request) or 0)
        except DomainError as error:  # a Conflict is one too
            problem = error.fields.get("reason") or error.message
        else:
            messages.success(request, _("Published. Plays that run go on by the version they began with."))
            return redirect("playbook", request.tenant.slug, book.id)
    return page(
        request,
        "journey/playbook_preview.html",
        {
            "book": book,
            "title": cells.name(book),
            "draft": draft,
            "problem": problem,
            "reason": reason,
            **_both(book, draft),
        },
        status=422 if problem else 200,
    )


def _both(book: Playbook, draft: PlaybookVersion) -> dict[str, Any]:
    """The draft's steps, and what it does otherwise than what is published."""
    try:
        new = Steps.read(draft.steps)
    except DomainError as error:
        return {"steps": [], "changes": [], "unready": error.message, "live": None}
    live = versions.published(book)
    old = Steps.read(live.steps) if live else None
    return {
        "steps": cells.step_rows(new, segment_names()),
        "changes": cells.changes(versions.changes(old, new)),
        "unready": "",
        "live": live,
    }
