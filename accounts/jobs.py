"""Work of the accounts floor: one piece of an import."""

from accounts.enums import ImportState
from accounts.import_pieces import merge_piece
from accounts.models import Import
from cs_platform.kernel.models import Work


def import_piece(work: Work) -> bool:
    """Merge the next piece of the import named in the payload; whether another remains. A stopped one stays stopped."""
    run = Import.objects.select_for_update().filter(id=work.payload["import"], state=ImportState.RUNNING).first()
    return merge_piece(run) if run else False


def import_failed(work: Work, message: str, final: bool) -> None:
    """Keep the error where people look for it; after the last attempt the import can be started again where it stood."""
    changes = {"error": message} | ({"state": ImportState.FAILED} if final else {})
    Import.objects.filter(id=work.payload["import"]).update(**changes)
