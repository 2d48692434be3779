"""Sections that are a list of rows with one form each: teams, holidays and the catalogue."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from babel.numbers import format_decimal
from django.contrib import messages
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import URLPattern, path
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST

from accounts import churn, company
from accounts.models import Account, ChurnReason, ChurnRule, Feature, Holiday, Member, Plan, Product, Segment, Team
from accounts.settings_forms import (
    ChurnReasonForm,
    ChurnRuleForm,
    FeatureForm,
    HolidayForm,
    PlanForm,
    ProductForm,
    SegmentForm,
    TeamForm,
)
from accounts.settings_sections import section_page, url
from cs_platform.kernel.access import Permission, TenantRequest, requires
from cs_platform.kernel.forms import TenantForm, accepted
from cs_platform.kernel.templatetags.cells import day_text
from cs_platform.kernel.tenancy import TenantModel


@dataclass(frozen=True)
class Listing:
    """One such section: its form, its rows as cells (the first is the link), its words and how a row is saved."""

    name: str
    form: type[TenantForm]
    rows: Callable[[], QuerySet]
    head: Sequence[Any]
    cells: Callable[[Any], Sequence[Any]]
    intro: Any
    add: Any
    empty: Any
    icon: str
    permission: Permission = Permission.MANAGE_SETTINGS
    save: Callable[[Any, Member], Any] = lambda row, by: row.save()


def _count(model: type[TenantModel], link: str) -> Coalesce:
    """How many rows of `model` link to the row. A sub-select: the database's key is (tenant, id), so it cannot group by
    the id alone."""
    rows = model.objects.filter(**{link: OuterRef("pk")}).order_by().values(link)
    return Coalesce(Subquery(rows.annotate(n=Count("*")).values("n")), 0)


LISTINGS: tuple[Listing, ...] = (
    Listing(
        name="teams",
        form=TeamForm,
        rows=lambda: Team.objects.select_related("leader").annotate(people=_count(Member, "team")),
        head=(_("Team"), _("Leader"), _("Members")),
        cells=lambda row: (row.name, row.leader.name if row.leader else "–", row.people),
        intro=_("A leader sees the accounts of everybody in the team."),
        add=_("Add team"),
        empty=_("No teams yet"),
        icon="share-2",
        permission=Permission.MANAGE_MEMBERS,
    ),
    Listing(
        name="holidays",
        form=HolidayForm,
        rows=lambda: Holiday.objects.order_by("-day"),
        head=(_("Day"), _("Name")),
        cells=lambda row: (day_text(row.day), row.name),
        intro=_("On these days the clock of response times stands still."),
        add=_("Add holiday"),
        empty=_("No holidays yet"),
        icon="calendar",
    ),
    Listing(
        name="segments",
        form=SegmentForm,
        rows=lambda: Segment.objects.annotate(used=_count(Account, "segment")),
        head=(_("Segment"), _("Profile"), _("Order"), _("Accounts")),
        cells=lambda row: (row.name, row.get_profile_display(), row.position, row.used),
        intro=_("Your own segments; each follows one of four profiles."),
        add=_("Add segment"),
        empty=_("No segments yet"),
        icon="layers",
        save=lambda row, by: company.save_segment(segment=row, by=by),
    ),
    Listing(
        name="products",
        form=ProductForm,
        rows=lambda: Product.objects.annotate(plan_count=_count(Plan, "product")),
        head=(_("Product"), _("External id"), _("Plans")),
        cells=lambda row: (row.name, row.external_id, row.plan_count),
        intro=_("What you sell. Imports add products by themselves."),
        add=_("Add product"),
        empty=_("No products yet"),
        icon="database",
        save=lambda row, by: company.save_versioned(row=row),
    ),
    Listing(
        name="plans",
        form=PlanForm,
        rows=lambda: Plan.objects.select_related("product"),
        head=(_("Plan"), _("Product"), _("Rank"), _("Usage limit")),
        cells=lambda row: (
            row.name,
            row.product.name if row.product else "–",
            row.rank,
            "–" if row.usage_limit is None else row.usage_limit,
        ),
        intro=_("Tiers of your products, with the limit that usage is held against."),
        add=_("Add plan"),
        empty=_("No plans yet"),
        icon="list-checks",
    ),
    Listing(
        name="features",
        form=FeatureForm,
        rows=lambda: Feature.objects.select_related("product"),
        head=(_("Feature"), _("Event name"), _("Kind"), _("Product")),
        cells=lambda row: (row.name, row.key, row.get_kind_display(), row.product.name if row.product else "–"),
        intro=_("What adoption is measured on: core features everybody needs, advanced ones that hold a customer."),
        add=_("Add feature"),
        empty=_("No features yet"),
        icon="star",
        save=lambda row, by: company.save_feature(feature=row, by=by),
    ),
    Listing(
        name="churn_reasons",
        form=ChurnReasonForm,
        rows=lambda: ChurnReason.objects.order_by("category", "position", "name"),
        head=(_("Reason"), _("Category"), _("Order")),
        cells=lambda row: (row.name, row.get_category_display(), row.position),
        intro=_(
            "Why customers leave, within the reference's six categories. Until you add one, the reference's own are "
            "offered; then they stand here too and can be changed."
        ),
        add=_("Add reason"),
        empty=_("The reference's reasons are offered"),
        icon="list-checks",
        save=lambda row, by: churn.save_reason(reason=row, by=by),
    ),
    Listing(
        name="churn_rules",
        form=ChurnRuleForm,
        rows=lambda: ChurnRule.objects.order_by("position", "advice"),
        head=(_("What it means"), _("Category"), _("Words"), _("From percent")),
        cells=lambda row: (row.advice, row.get_category_display() or "–", row.words or "–", row.least),
        intro=_(
            "From which share on a reason says what to do. Until you add a rule, the reference's own hold: 40% from "
            "adoption, 30% to somebody cheaper, a segment that carries the losses."
        ),
        add=_("Add rule"),
        empty=_("The reference's rules hold"),
        icon="info",
        save=lambda row, by: churn.save_rule(rule=row, by=by),
    ),
)


def _cell(value: Any) -> dict[str, Any]:
    number = isinstance(value, int)
    return {"text": format_decimal(value, locale=get_language() or "en") if number else value, "number": number}


def show(request: TenantRequest, listing: Listing) -> HttpResponse:
    """The rows, each opening its form in the drawer."""
    rows: list[dict[str, Any]] = [
        {"url": url(request, f"{listing.name}_edit", row.pk), "cells": [_cell(value) for value in listing.cells(row)]}
        for row in listing.rows()
    ]
    numbers = [cell["number"] for cell in rows[0]["cells"]] if rows else []
    head = [{"text": text, "number": number} for text, number in zip(listing.head, numbers, strict=bool(rows))]
    context = {"listing": listing, "head": head, "rows": rows, "add_url": url(request, f"{listing.name}_add")}
    return section_page(request, listing.name, "settings/list.html", context)


def edit(request: TenantRequest, listing: Listing, row_id: UUID | None = None) -> HttpResponse:
    """The form of one row, new or known: in the drawer, or as a page of its own."""
    row = get_object_or_404(listing.form._meta.model.objects, id=row_id) if row_id else None
    form = listing.form(request.POST or None, instance=row)
    if request.method == "POST" and accepted(form, lambda data: listing.save(form.instance, request.member)):
        messages.success(request, gettext("Saved."))
        return redirect(url(request, listing.name))
    context = {
        "title": str(row) if row else listing.add,
        "form": form,
        "back": url(request, listing.name),
        "remove_url": url(request, f"{listing.name}_remove", row.pk) if row else "",
    }
    status = 422 if form.is_bound else 200
    return section_page(request, listing.name, "settings/edit.html", context, pieces=("drawer-body",), status=status)


@require_POST
def remove(request: TenantRequest, listing: Listing, row_id: UUID) -> HttpResponse:
    """Delete a row that nothing uses."""
    company.remove(row=get_object_or_404(listing.form._meta.model.objects, id=row_id))
    messages.success(request, gettext("Deleted."))
    return redirect(url(request, listing.name))


def urls() -> list[URLPattern]:
    """Routes of all listings, each guarded by the permission of its section."""
    routes: list[URLPattern] = []
    for listing in LISTINGS:
        guard, given, name = requires(listing.permission), {"listing": listing}, f"settings_{listing.name}"
        routes += [
            path(f"{listing.name}/", guard(show), given, name=name),
            path(f"{listing.name}/new/", guard(edit), given, name=f"{name}_add"),
            path(f"{listing.name}/<uuid:row_id>/", guard(edit), given, name=f"{name}_edit"),
            path(f"{listing.name}/<uuid:row_id>/delete/", guard(remove), given, name=f"{name}_remove"),
        ]
    return routes
