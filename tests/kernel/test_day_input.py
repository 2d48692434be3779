"""The date field of forms (UX-11)."""

import datetime as dt

import pytest
from django.utils import translation

from cs_platform.kernel.forms import day_input
from health.alerts.forms import AnswerForm


@pytest.mark.parametrize("language", ["en", "id", "ms"])
def test_a_day_stands_in_its_field_in_every_language(language: str) -> None:
    day = dt.date(2026, 11, 24)
    with translation.override(language):
        assert 'value="2026-11-24"' in day_input().render("day", day)
        assert 'value="2026-11-24"' in str(AnswerForm(initial={"due_on": day})["due_on"])


def test_it_takes_further_attributes() -> None:
    assert 'class="input"' in day_input(**{"class": "input"}).render("day", None)
