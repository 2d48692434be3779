"""E-mails as all senders write them: one line of subject, text and HTML, headers that programs understand."""

from email import message_from_string
from email.header import decode_header, make_header

from cs_platform.kernel.mail import addressed, unsubscribed_at, write_mail


def test_a_name_with_line_breaks_ends_no_header() -> None:
    context = {"body": "Hello <b>you</b>", "subject": "x", "company": "Acme", "stop_url": ""}
    mail = write_mail("letter", "For you\r\nBcc: all@example.com", context, to=["a@example.com"])
    sent = message_from_string(mail.message().as_string())
    assert str(make_header(decode_header(sent["Subject"]))) == "For you Bcc: all@example.com"
    assert sent["Bcc"] is None
    assert [part.get_content_type() for part in sent.walk()][1:] == ["text/plain", "text/html"]
    [(page, kind)] = mail.alternatives
    assert kind == "text/html"
    assert "<b>you</b>" not in page, "what people write is text"


def test_addresses_carry_names_on_one_line() -> None:
    assert addressed("Ruth\nOkafor", "r@example.com") == "Ruth Okafor <r@example.com>"
    assert addressed("Okafor, Ruth", "r@example.com") == '"Okafor, Ruth" <r@example.com>'
    assert addressed("  ", "r@example.com") == "r@example.com"


def test_a_mail_is_stopped_with_one_click_where_there_is_a_way() -> None:
    """RFC 8058."""
    assert unsubscribed_at("") == {}
    assert unsubscribed_at("https://x/stop") == {
        "List-Unsubscribe": "<https://x/stop>", "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }  # fmt: skip
