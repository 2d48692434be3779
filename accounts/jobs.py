"""Work of the accounts floor: one piece of an import."""

from django.conf import settings
from django.utils import translation

from accounts.enums import ImportState
from accounts.import_pieces import merge_piece
from accounts.models import Import
from cs_platform.kernel.models import Work


def import_piece(work: Work) -> bool:
    """Merge the next piece of the import named in the payload; whether another remains. A stopped one stays stopped.

    Work that failed for good and is tried again takes up its import with it. Refused rows are explained in the language
    of the person who sent the file.
    """
    wanted = Import.objects.filter(id=work.payload["import"], state__in=(ImportState.RUNNING, ImportState.FAILED))
    run = wanted.select_related("created_by__user").first()
    if run is None:
        return False
    if run.state == ImportState.FAILED:
        wanted.update(state=ImportState.RUNNING)
    with translation.override((run.created_by and run.created_by.user.language) or settings.LANGUAGE_CODE):
        return merge_piece(run)


def import_failed(work: Work, message: str, final: bool) -> None:
    """Keep the error where people look for it; after the last attempt the import can be started again where it stood."""
    changes = {"error": message} | ({"state": ImportState.FAILED} if final else {})
    Import.objects.filter(id=work.payload["import"], state=ImportState.RUNNING).update(**changes)
