"""Numbers, versions and ways back that a request names: what cannot be read is not said, and never an error."""

import pytest
from django.test import RequestFactory

from cs_platform.kernel.asked import back_of, known_of, number_of, one_line, version_of


@pytest.mark.parametrize("text", ["", "²", "٣", "-1", "+1", "1.0", " 1", "1" * 10, "1" * 5000, "one"])
def test_text_that_is_no_number(text: str) -> None:
    assert number_of(text) is None


def test_numbers_and_versions() -> None:
    made = RequestFactory()
    assert (number_of("0"), number_of("007"), number_of("180"), number_of("12345", 4)) == (0, 7, 180, None)
    assert [version_of(made.post("/", {"version": text})) for text in ("", "4", "x")] == [None, 4, None]


def test_words_and_choices() -> None:
    """Control characters never reach the database; names keep blanks of other kinds and letters of any language."""
    assert one_line(" a\x00b\r\n\x85\ud800c ", 9) == "abc"
    assert one_line("東京\u3000支社, Société\xa0Générale", 40) == "東京\u3000支社, Société\xa0Générale"
    assert one_line("x" * 50, 7) == "x" * 7
    assert known_of(["b", "", "a", "b", "z"], ("a", "b")) == ("b", "a")
    assert known_of(["b", "", "b"]) == ("b",)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("/t/acme/tasks", "/t/acme/tasks"),
        ("/t/rival/tasks", ""),
        ("https://evil.example/t/acme/", ""),
        ("//evil.example", ""),
        ("", ""),
    ],
)
def test_way_back_stays_in_the_company(text: str, found: str) -> None:
    assert back_of(RequestFactory().get("/", {"back": text}), "/t/acme/") == found
    assert back_of(RequestFactory().post("/", {"back": text}), "/t/acme/") == found
