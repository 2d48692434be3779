"""tmp"""

from datetime import date


def post_movements(as_of: date) -> int:
    return 0


build_account_months = build_retention = update_account_figures = check_roll_forward = post_movements
