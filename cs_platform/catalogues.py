"""Message catalogues: what the source says, what the translators say to it, and the compiled files that run.

Babel reads Python and, after Django has turned tags into calls, templates; no system tool is needed, so a bare CI
machine can check what a developer's machine has written. `manage.py messages` is the one door.
"""

import datetime as dt
import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import allauth
from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.utils.translation.template import templatize

FLOORS = ("accounts", "health", "journey", "renewals", "advocacy", "expansion", "metrics", "cs_platform")
# What our pages and mails show of the library that signs people in; it does not speak Malay itself.
LIBRARY = allauth
LIBRARY_FILES = (
    "account/adapter.py",
    "account/fields.py",
    "account/forms.py",
    "mfa/adapter.py",
    "mfa/totp/forms.py",
    "templates/account/email/base_message.txt",
    "templates/account/email/email_confirmation_*.txt",
    "templates/account/email/password_reset_key_*.txt",
    "templates/account/email/unknown_account_*.txt",
    "templates/account/messages/*.txt",
    "templates/mfa/messages/*.txt",
    "templates/usersessions/messages/*.txt",
)
KEYWORDS = {
    **DEFAULT_KEYWORDS,
    **{f"{name}_lazy": place for name, place in DEFAULT_KEYWORDS.items()},
    "gettext_noop": None,
}
# How many forms a number has; Babel knows English only.
PLURALS = {"id": "nplurals=1; plural=0;", "ms": "nplurals=1; plural=0;"}
_EPOCH = dt.datetime(2026, 1, 1, tzinfo=dt.UTC)


def languages() -> list[str]:
    """The languages of the product, those that need translating as well as the source's own."""
    return [code for code, _name in settings.LANGUAGES]


def directory() -> Path:
    return Path(settings.LOCALE_PATHS[0])


def po_path(language: str) -> Path:
    """The catalogue that people edit."""
    return directory() / language / "LC_MESSAGES" / "django.po"


def sources() -> Iterator[tuple[str, str]]:
    """(path from its root, text as Babel reads Python) of each file that may speak to people."""
    root, library = Path(settings.BASE_DIR), Path(LIBRARY.__file__).parent
    for floor in FLOORS:
        yield from _read(root, f"{floor}/**/*.py")
    yield from _read(root, "templates/**/*.html")
    yield from _read(root, "templates/**/*.txt")
    for pattern in LIBRARY_FILES:
        yield from _read(library.parent, f"{library.name}/{pattern}")


def _read(root: Path, pattern: str) -> Iterator[tuple[str, str]]:
    for path in sorted(root.glob(pattern)):
        if "migrations" not in path.parts:
            text = path.read_text()
            name = path.relative_to(root).as_posix()
            yield name, text if path.suffix == ".py" else templatize(text, origin=name)


def extracted() -> Catalog:
    """Every message of the source, with the files it stands in."""
    catalog = Catalog()
    for name, text in sources():
        # Line by line for templates: between their calls stands no Python.
        parts = [text] if name.endswith(".py") else [line.strip() for line in text.splitlines()]
        for part in parts:
            for _line, message, comments, context in extract(
                "python", BytesIO(part.encode()), keywords=KEYWORDS, comment_tags=("Translators:",)
            ):
                catalog.add(message, locations=[(name, 0)], auto_comments=comments, context=context)
    return catalog


def stored(language: str) -> Catalog:
    """The catalogue of a language as it lies in the repository; an empty one when there is none."""
    path = po_path(language)
    if path.exists():
        with path.open("rb") as file:
            return read_po(file, locale=language)
    catalog = Catalog(locale=language, project="Setia", version="1")
    if language in PLURALS:
        catalog.mime_headers = [("Plural-Forms", PLURALS[language])]
    return catalog


def updated(language: str, template: Catalog) -> Catalog:
    """The stored catalogue with exactly the messages of the source; new ones are empty, gone ones left out."""
    catalog = stored(language)
    catalog.update(template, no_fuzzy_matching=True)
    catalog.obsolete.clear()
    catalog.creation_date = catalog.revision_date = _EPOCH
    catalog.header_comment = f"# {language}: translations of Setia. See docs/translating.md."
    catalog.fuzzy = False
    return catalog


def po_text(catalog: Catalog) -> bytes:
    """The file as it is kept: in the order of the source's files, without line numbers that would change every day."""
    buffer = BytesIO()
    write_po(buffer, catalog, width=110, sort_by_file=True, include_lineno=False, ignore_obsolete=True)
    return re.sub(
        rb'"(PO-Revision-Date|Last-Translator|Language-Team|Report-Msgid-Bugs-To)[^\n]*\n', b"", buffer.getvalue()
    )


def mo_bytes(catalog: Catalog) -> bytes:
    """The compiled file; fuzzy and empty messages fall back to the source."""
    buffer = BytesIO()
    write_mo(buffer, catalog)
    return buffer.getvalue()


def empty(catalog: Catalog) -> list[str]:
    """Messages without a translation, or with one that is only a guess."""
    found = []
    for message in catalog:
        texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.id and (message.fuzzy or not all(texts)):
            found.append(message.id if isinstance(message.id, str) else message.id[0])
    return found


def write() -> dict[str, list[str]]:
    """Bring every catalogue up to date and compile it; what is still to be translated, by language."""
    template, missing = extracted(), {}
    for language in languages():
        catalog = updated(language, template)
        path = po_path(language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_text(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(stored(language)))
        missing[language] = [] if language == settings.LANGUAGE_CODE else empty(catalog)
    return missing
