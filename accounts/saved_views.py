"""Saved views: a list's query string under a name, private or shared with the company."""

from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Q, QuerySet
from django.http import Http404
from django.utils.translation import gettext as _

from accounts.models import Member, SavedView
from cs_platform.kernel.errors import DomainError, NotAllowed

MAX_VIEWS = 40


def views_for(member: Member, page: str) -> QuerySet[SavedView]:
    """The member's own views of the page and those that others share, oldest first."""
    return SavedView.objects.filter(Q(member=member) | Q(shared=True), page=page).order_by("created_at", "id")


def own_view(member: Member, page: str, view_id: UUID) -> SavedView:
    """A view of the page to be changed: a private one of somebody else is unknown (404), a shared one is refused (403)."""
    view = views_for(member, page).filter(id=view_id).first()
    if view is None:
        raise Http404
    if view.member_id != member.id:
        raise NotAllowed(_("Only the person who saved this view can change it."))
    return view


def save_view(
    *, by: Member, page: str, name: str, query: str, shared: bool, view: SavedView | None = None
) -> SavedView:
    """Make a view, or give one of the member's own another name, query or audience.

    DomainError when the name is taken or empty, the query too long or there are too many.
    """
    name = name.strip()
    if not name or len(name) > 60:
        raise DomainError(_("A name has 1 to 60 characters."), fields={"name": _("Give the view a name.")})
    if len(query) > 2000:
        raise DomainError(_("This view has too many filters to be saved."))
    if view is None:
        if SavedView.objects.filter(member=by, page=page).count() >= MAX_VIEWS:
            raise DomainError(_("You have as many views as fit here. Delete one first."))
        view = SavedView(member=by, page=page)
    view.name, view.query, view.shared = name, query, shared
    try:
        with transaction.atomic():
            view.save()
    except IntegrityError as error:
        message = _("You have a view of this name already.")
        raise DomainError(message, fields={"name": message}) from error
    return view


def delete_view(*, view: SavedView, by: Member) -> None:
    """Remove one of the member's own views."""
    if view.member_id != by.id:
        raise NotAllowed(_("Only the person who saved this view can change it."))
    view.delete()
