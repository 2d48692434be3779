"""A company gets the playbooks that come with the product: switched off, each with its first version published."""

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from cs_platform.kernel import audit
from journey.models import Playbook
from journey.playbooks import versions
from journey.playbooks.catalogue import ENTRIES


def install() -> int:
    """Add those that the company has not got yet; how many. A second time, and two at once, change nothing."""
    known = set(Playbook.objects.filter(key__in=ENTRIES).values_list("key", flat=True))
    if len(known) == len(ENTRIES):
        return 0
    with transaction.atomic(), audit.derived(), translation.override("en"):
        for key, entry in ENTRIES.items():
            if key in known:
                continue
            row, made = Playbook.objects.get_or_create(
                key=key,
                defaults={
                    "name": entry.name,
                    "rule": entry.rule,
                    "cap": entry.cap,
                    "cooldown_days": entry.cooldown_days,
                },
            )
            if made:
                versions.first_version(row, entry.definition(), _("Comes with Setia."))
    return len(ENTRIES) - len(known)
