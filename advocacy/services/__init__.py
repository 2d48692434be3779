"""Verbs of advocacy: enrol and ask people, keep what they give, follow what they lead to (ADV-01 to ADV-08).

Each locks its row. `version` is the one that the person saw: Conflict when it was changed since, and None takes whatever
stands. `by` is None for a program, whose facts are taken as they are. DomainError names the field.
"""

from advocacy.services.advocates import change_consent, enrol, leave
from advocacy.services.asks import answer_ask, ask, change_request, end_request, make_request
from advocacy.services.assets import add_asset, change_asset, mark_use, move_asset_legal, use_asset
from advocacy.services.gatherings import (
    change_gathering,
    make_gathering,
    remove_gathering,
    remove_guest,
    set_guest,
    set_program,
)
from advocacy.services.referrals import add_referral, change_referral, move_referral

__all__ = [
    "add_asset",
    "add_referral",
    "answer_ask",
    "ask",
    "change_asset",
    "change_consent",
    "change_gathering",
    "change_referral",
    "change_request",
    "end_request",
    "enrol",
    "leave",
    "make_gathering",
    "make_request",
    "mark_use",
    "move_asset_legal",
    "move_referral",
    "remove_gathering",
    "remove_guest",
    "set_guest",
    "set_program",
    "use_asset",
]
