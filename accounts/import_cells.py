"""What the import pages show, as text: rows of the list, progress, problems, the way to the first dashboard."""

from collections.abc import Callable
from typing import Any

from django.db.models import Count
from django.urls import reverse
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from accounts.csvfiles import unpacked
from accounts.enums import ImportKind, ImportState
from accounts.import_columns import EXTRA
from accounts.import_forms import ColumnsForm
from accounts.kinds import KINDS
from accounts.models import Account, Import, Member, Subscription
from cs_platform.kernel.access import Permission, TenantRequest, may
from cs_platform.kernel.templatetags.cells import moment_text, number_text

PROBLEMS_SHOWN = 20
EXAMPLE = 60

REASONS: dict[str, Promise] = {
    "before": gettext_lazy("Days in the wrong order"),
    "cells": gettext_lazy("Too many or too few cells"),
    "characters": gettext_lazy("Characters that cannot be stored"),
    "decimals": gettext_lazy("Too many decimals"),
    "negative": gettext_lazy("Negative amount"),
    "no_end": gettext_lazy("Reason of an end that there is not"),
    "no_such_day": gettext_lazy("Day does not exist"),
    "not_a_currency": gettext_lazy("Not a currency"),
    "not_a_date": gettext_lazy("Not a date"),
    "not_a_flag": gettext_lazy("Neither yes nor no"),
    "not_a_moment": gettext_lazy("Not a date and time"),
    "not_a_month": gettext_lazy("Not a month"),
    "not_a_rate": gettext_lazy("Not a rate"),
    "not_a_whole_number": gettext_lazy("Not a whole number"),
    "not_recurring": gettext_lazy("MRR of what is not recurring"),
    "not_an_amount": gettext_lazy("Not an amount"),
    "not_an_email": gettext_lazy("Not an e-mail address"),
    "order": gettext_lazy("Days in the wrong order"),
    "other_account": gettext_lazy("Subscription of another account"),
    "other_accounts_contact": gettext_lazy("Contact of another account"),
    "out_of_range": gettext_lazy("Outside the possible range"),
    "repeated": gettext_lazy("Same key as an earlier row, other values"),
    "required": gettext_lazy("Value missing"),
    "same": gettext_lazy("Same currency twice"),
    "self": gettext_lazy("Refers to itself"),
    "too_long": gettext_lazy("Too long"),
    "unknown_account": gettext_lazy("Unknown account"),
    "unknown_contact": gettext_lazy("Unknown contact"),
    "unknown_choice": gettext_lazy("Unknown word"),
    "unknown_member": gettext_lazy("Not the e-mail of a member"),
}
STEPS = ("columns", "check", "import", "result")
TONES = {
    ImportState.DRAFT: "none",
    ImportState.RUNNING: "acc",
    ImportState.DONE: "good",
    ImportState.FAILED: "risk",
    ImportState.STOPPED: "watch",
}


def stage_of(run: Import) -> str:
    """Where a person stands with this import: columns, check, running, result or halted."""
    if run.state == ImportState.DRAFT:
        return "columns"
    if run.state == ImportState.RUNNING:
        return "running"
    if run.state == ImportState.DONE:
        return "check" if run.dry_run else "result"
    return "halted"


def _state(run: Import) -> tuple[str, str]:
    if run.state == ImportState.DONE and run.dry_run:
        return "none", _("Checked")
    if run.state == ImportState.DONE and run.rejected:
        return "watch", run.get_state_display()
    return TONES[ImportState(run.state)], run.get_state_display()


def list_row(slug: str, run: Import) -> dict[str, Any]:
    """A line of the list."""
    tone, state = _state(run)
    return {
        "url": reverse("import_run", args=[slug, run.id]),
        "name": run.filename,
        "kind": run.get_kind_display(),
        "tone": tone,
        "state": state,
        "counts": [run.total, run.created, run.updated, run.unchanged, run.rejected],
        "by": run.created_by.name if run.created_by else "–",
        "at": moment_text(run.created_at),
    }


# What comes after subscriptions: a floor above registers its steps here, each a function of the request.
NEXT_STEPS: list[Callable[[TenantRequest], dict[str, Any]]] = []
NEW_DAYS = 30  # how long a company whose subscriptions are in is still shown what is missing


def checklist(request: TenantRequest) -> dict[str, Any] | None:
    """From an empty company to the first dashboard, each step with its way there.

    Nothing once subscriptions and what the floors above ask for are in, or a month after the company was made: whoever
    sends no events until then knows why.
    """
    paid = Subscription.objects.exists()
    if paid and (timezone.now() - request.tenant.created_at).days >= NEW_DAYS:
        return None
    later = [step(request) for step in NEXT_STEPS]
    if paid and all(step["done"] for step in later):
        return None
    tenant, slug = request.tenant, request.tenant.slug
    people, accounts = Member.objects.filter(is_active=True).count(), Account.objects.count()
    begun = {run.kind: run for run in Import.objects.exclude(state=ImportState.DONE, dry_run=False).order_by("id")}

    def bring(kind: str, label: str, otherwise: str) -> dict[str, Any]:
        """The file of that kind that is on its way, or the form and a sample to begin from."""
        if run := begun.get(kind):
            text = ngettext("%(file)s, %(n)s row", "%(file)s, %(n)s rows", run.total)
            return {
                "text": text % {"file": run.filename, "n": number_text(run.total, 0)},
                "action": {"url": reverse("import_run", args=[slug, run.id]), "label": _("Go on")},
            }
        return {
            "text": otherwise,
            "action": {"url": f"{request.path}?kind={kind}#upload", "label": label},
            "sample": {"url": reverse("import_sample", args=[slug, kind]), "label": _("Sample file")},
        }

    may_invite = may(request, Permission.MANAGE_MEMBERS)
    invite = {"url": reverse("settings_members", args=[slug]), "label": _("Invite people")} if may_invite else None
    steps = [
        {"title": _("Company and currency"), "text": f"{tenant.name} · {tenant.currency}", "done": True},
        {
            "title": _("Invite people"),
            "text": ngettext("%(n)s member", "%(n)s members", people) % {"n": people},
            "done": people > 1,
            "action": invite,
        },
        {
            "title": _("Bring in customers"),
            "done": bool(accounts),
            **(
                {"text": ngettext("%(n)s account", "%(n)s accounts", accounts) % {"n": accounts}}
                if accounts
                else bring(ImportKind.ACCOUNTS, _("Import accounts"), _("Then accounts appear in every list"))
            ),
        },
        {
            "title": _("Bring in subscriptions"),
            "done": paid,
            **(
                {"text": _("The first figures follow with the next night")}
                if paid
                else bring(ImportKind.SUBSCRIPTIONS, _("Import subscriptions"), _("Unlocks ARR, NRR, GRR and renewals"))
            ),
        },
        *later,
    ]
    current = next(step for step in steps if not step["done"])
    current["current"] = True
    return {"steps": steps, "done": sum(bool(step["done"]) for step in steps), "total": len(steps)}


def run_context(slug: str, run: Import, stage: str) -> dict[str, Any]:
    """What every stage shows, and what this one does."""
    now = {"columns": 1, "check": 2, "running": 2 if run.dry_run else 3, "halted": 2 if run.dry_run else 3, "result": 4}
    labels = (_("Upload"), _("Match columns"), _("Check"), _("Import"), _("Result"))
    context = {
        "run": run,
        "stage": stage,
        "title": KINDS[run.kind].title,
        "meta": _("%(file)s · %(rows)s rows · %(columns)s columns")
        % {"file": run.filename, "rows": number_text(run.total, 0), "columns": len(run.columns)},
        "steps": [
            {"label": label, "state": "done" if i < now[stage] else "current" if i == now[stage] else "todo"}
            for i, label in enumerate(labels)
        ],
        "began": began(run),
    }
    if stage == "running":
        return context | {"job": job(slug, run)}
    if stage == "columns":
        return context
    return context | {
        "counts": counts(run),
        "bar": [
            ("good", run.created),
            ("acc", run.updated),
            ("none", run.unchanged),
            ("watch", run.quarantined),
            ("risk", run.rejected),
        ],
        "bar_label": ", ".join(f"{count['value']} {count['label']}" for count in counts(run)),
        "headline": headline(run),
        "ready": run.created + run.updated + run.unchanged + run.quarantined,
        "problems": list(run.rejects.all()[:PROBLEMS_SHOWN]) if run.rejected else [],
        "leads_to": reverse(KINDS[run.kind].leads_to, args=[slug, run.id]) if KINDS[run.kind].leads_to else "",
        "reasons": reasons(run) if run.rejected else [],
    }


def began(run: Import) -> str:
    """Who began it and when."""
    who = run.created_by.name if run.created_by else "–"
    return _("Began %(when)s by %(who)s") % {"when": moment_text(run.started_at or run.created_at), "who": who}


def counts(run: Import) -> list[dict[str, Any]]:
    """The four numbers of an import, and how many rows wait for their account where rows may."""
    waiting = {"value": run.quarantined, "label": _("waiting for their account"), "tone": ""}
    return [
        {"value": run.created, "label": _("created"), "tone": ""},
        {"value": run.updated, "label": _("updated"), "tone": ""},
        {"value": run.unchanged, "label": _("unchanged"), "tone": ""},
        {"value": run.rejected, "label": _("rejected"), "tone": "neg" if run.rejected else ""},
        *([waiting] if KINDS[run.kind].quarantines else []),
    ]


def headline(run: Import) -> str:
    """The finding of a check or of an import."""
    good = run.created + run.updated + run.unchanged + run.quarantined
    if stage_of(run) == "check":
        ready = ngettext("%(n)s row is ready.", "%(n)s rows are ready.", good) % {"n": number_text(good, 0)}
        if not run.rejected:
            return ready
        bad = ngettext(
            "%(n)s has an error and would be left out.", "%(n)s have an error and would be left out.", run.rejected
        )
        return f"{ready} {bad % {'n': number_text(run.rejected, 0)}}"
    done = ngettext("%(n)s row is in", "%(n)s rows are in", good) % {"n": number_text(good, 0)}
    kept = run.options.get("kept", 0)
    if not kept:
        return done
    stays = ngettext(
        "%(n)s answer stays as a person or an earlier row gave it.",
        "%(n)s answers stay as a person or an earlier row gave them.",
        kept,
    )
    return f"{done}. {stays % {'n': number_text(kept, 0)}}"


def job(slug: str, run: Import) -> dict[str, Any]:
    """The running import for the progress component."""
    left = ""
    if run.started_at and 0 < run.read < run.total:
        seconds = round((timezone.now() - run.started_at).total_seconds() / run.read * (run.total - run.read))
        left = ngettext("About %(n)s second left.", "About %(n)s seconds left.", seconds) % {"n": seconds}
    return {
        "title": _("Checking the rows") if run.dry_run else _("Importing"),
        "meta": began(run),
        "url": reverse("import_progress", args=[slug, run.id]),
        "state": "running",
        "done": run.read,
        "total": run.total,
        "percent": round(run.read / run.total * 100) if run.total else 0,
        "headline": _("%(done)s of %(total)s rows")
        % {"done": number_text(run.read, 0), "total": number_text(run.total, 0)},
        "counts": counts(run),
        "message": run.error or left,
    }


def reasons(run: Import) -> list[dict[str, Any]]:
    """How many rows were refused for which reason, the most frequent first."""
    found = run.rejects.order_by().values_list("code").annotate(n=Count("id")).order_by("-n", "code")
    return [{"label": REASONS.get(code, code), "count": n} for code, n in found]


def columns(run: Import, form: ColumnsForm) -> list[dict[str, Any]]:
    """Each column with the first value that stands in it, the choice of what it becomes and how many cells are filled."""
    chunk = run.chunks.order_by("position").first()
    records = unpacked(chunk.content)[:200] if chunk else []
    filled = run.options.get("filled")
    shown = []
    for place, field in enumerate(form.column_fields):
        example = next((record[place] for record in records if len(record) > place and record[place].strip()), "")
        value = field.value() or ""
        state = ("none", _("Left out")) if not value else ("good", _("Matched"))
        if value == EXTRA:
            state = ("acc", _("Attribute"))
        count = filled[place] if filled and value else "–"
        shown.append(
            {"name": run.columns[place], "example": example[:EXAMPLE], "field": field, "state": state, "filled": count}
        )
    return shown
