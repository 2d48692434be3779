"""Forms of the data pages: an event that was held, to be put right."""

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from health.models import HeldEvent
from health.usage import segment
from health.usage.items import LENGTHS

# Segment's names of what a form shows, for messages that were refused before they could be read as events.
_SEGMENT = {"user": "userId", "message_id": "messageId", "event": "event", "timestamp": "timestamp"}


class HeldForm(forms.Form):
    """The event as it will be sent in again. What is not shown (its key, what else was said) stays as it was."""

    account = forms.CharField(label=_("Account id"), max_length=LENGTHS["account"])
    event = forms.CharField(label=_("Event"), max_length=LENGTHS["event"])
    user = forms.CharField(label=_("User"), max_length=LENGTHS["user"], required=False)
    timestamp = forms.CharField(
        label=_("When"), max_length=60, required=False, help_text=_("With an offset: 2026-01-31T09:30:00+07:00")
    )
    quantity = forms.DecimalField(label=_("Quantity"), max_digits=20, decimal_places=6, required=False)
    session = forms.CharField(label=_("Session"), max_length=LENGTHS["session"], required=False)

    def __init__(self, data: Any = None, *, held: HeldEvent) -> None:
        self.known = said(held)
        super().__init__(data, initial=self.known)

    def item(self) -> dict[str, Any]:
        """The event in the form of the API, with the message id that it came with. One whose id was used for another
        event loses it: its content becomes its key."""
        cleaned = self.cleaned_data
        item: dict[str, Any] = {
            name: cleaned[name] for name in ("account", "event", "user", "timestamp") if cleaned[name]
        }
        if cleaned["quantity"] is not None:
            item["quantity"] = float(cleaned["quantity"])
        if cleaned["session"]:
            item["properties"] = {"session_id": cleaned["session"]}
        if self.known.get("message_id") and "timestamp" in item:
            item["message_id"] = self.known["message_id"]
        return item


def said(held: HeldEvent) -> dict[str, Any]:
    """What is known of a held event, by the fields of the form: as it was read, else as far as its text can be."""
    found: Mapping[str, Any] = held.event or {}
    if not found:
        try:
            sent = json.loads(held.raw)
        except (ValueError, RecursionError):
            sent = {}
        found = sent if isinstance(sent, dict) else {}
        if "type" in found and "account" not in found:
            context = found.get("context")
            account = context.get("groupId") if isinstance(context, dict) else None
            found = {name: found.get(other) for name, other in _SEGMENT.items()} | {"account": account}
    known = {name: segment.text(found.get(name)) for name in (*HeldForm.base_fields, "message_id")}
    if held.code == "message_id_reused":
        known["message_id"] = ""
    return known
