"""Every word that people see goes through gettext and is said in each language; the compiled files are up to date."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from django.conf import settings
from django.utils import translation

from cs_platform import catalogues

ROOT = Path(settings.BASE_DIR)
LANGUAGES = catalogues.languages()
TRANSLATED = [language for language in LANGUAGES if language != settings.LANGUAGE_CODE]
TEMPLATES = sorted(path for path in (ROOT / "templates").rglob("*") if path.suffix in {".html", ".txt"})
REMEDY = "run: make messages, then translate what is empty in locale/*/LC_MESSAGES/django.po"

# Names and keys are the same in every language.
ALLOWED = {"Setia", "Esc", "Ctrl K", "⌘K", "CSV", "XLSX", "JSON", "API"}
SHOWN_ATTRIBUTES = {"aria-label", "title", "placeholder", "alt", "data-busy", "data-copied", "data-say", "data-label"}
SHOWN_ARGUMENTS = "title|text|action|label|meta|shown|second|headline|message|empty|intro"
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|%[sd]|\{\w+\}")
LETTERS = re.compile(r"[^\W\d_]{2,}")


def keys(catalog):
    return {
        (message.context, *([message.id] if isinstance(message.id, str) else message.id))
        for message in catalog
        if message.id
    }


@pytest.fixture(scope="module")
def template():
    return catalogues.extracted()


def test_the_extraction_reads_python_and_templates(template):
    """It cannot pass because it read nothing: one known message of each sort stands in it."""
    found = keys(template)
    assert (None, "Save") in found, "of a template"
    assert (None, "Somebody has to be able to manage members. Give another person that role first.") in found, "gettext"
    assert (None, "Reporting currency") in found, "gettext_lazy"
    assert (None, "Never implemented") in found, "gettext_noop"
    assert ("sees", "Own") in found, "pgettext"
    assert (None, "%(n)s piece of work waits", "%(n)s pieces of work wait") in found, "a plural of a template"
    assert (None, "No keys yet") in found, "_() in the arguments of a tag"
    assert (None, "Incorrect password.") in found, "of the library that signs people in"
    assert len(found) > 1000


@pytest.mark.parametrize("language", LANGUAGES)
def test_catalogues_hold_exactly_what_the_source_says(template, language):
    source, stored = keys(template), keys(catalogues.stored(language))
    assert source - stored == set(), f"not in the catalogue; {REMEDY}"
    assert stored - source == set(), f"not in the source any more; {REMEDY}"


@pytest.mark.parametrize("language", TRANSLATED)
def test_nothing_is_empty_or_guessed(language):
    assert catalogues.empty(catalogues.stored(language)) == []


@pytest.mark.parametrize("language", TRANSLATED)
def test_placeholders_are_those_of_the_source(language):
    """A lost %(name)s shows nothing, a wrong one is an error 500."""
    wrong = []
    for message in catalogues.stored(language):
        if message.id:
            wished = message.id if isinstance(message.id, str) else message.id[1]
            said = [message.string] if isinstance(message.string, str) else message.string
            wrong += [
                (wished, text)
                for text in said
                if text and sorted(PLACEHOLDER.findall(text)) != sorted(PLACEHOLDER.findall(wished))
            ]
    assert wrong == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_compiled_files_are_those_of_the_catalogues(language):
    compiled = catalogues.po_path(language).with_suffix(".mo").read_bytes()
    assert compiled == catalogues.mo_bytes(catalogues.stored(language)), REMEDY


def test_the_product_speaks_them():
    spoken = {}
    for language in LANGUAGES:
        with translation.override(language):
            waits = translation.ngettext("%(n)s piece of work waits", "%(n)s pieces of work wait", 3) % {"n": 3}
            spoken[language] = (translation.gettext("Save"), translation.pgettext("sees", "Own"), waits)
    assert spoken == {
        "en": ("Save", "Own", "3 pieces of work wait"),
        "id": ("Simpan", "Sendiri", "3 pekerjaan menunggu"),
        "ms": ("Simpan", "Sendiri", "3 kerja menunggu"),
    }


def test_gettext_goes_by_its_own_names():
    """Another name would be invisible to the extraction."""
    alias = re.compile(r"import (?:.*, )?n?p?gettext(?:_lazy)? as (?!_\b)\w+")
    found = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for floor in catalogues.FLOORS
        for path in (ROOT / floor).rglob("*.py")
        for line in path.read_text().splitlines()
        if alias.search(line)
    ]
    assert found == []


class Visible(HTMLParser):
    """Collects what a reader would see: text between tags, and attributes that are shown or read aloud."""

    SILENT = frozenset({"script", "style", "kbd", "code", "svg"})

    def __init__(self):
        super().__init__()
        self.inside, self.found = [], []

    def handle_starttag(self, tag, attrs):
        if tag in self.SILENT:
            self.inside.append(tag)
        self.found += [value for name, value in attrs if name in SHOWN_ATTRIBUTES and value]

    def handle_endtag(self, tag):
        if self.inside and self.inside[-1] == tag:
            self.inside.pop()

    def handle_data(self, data):
        if not self.inside:
            self.found.append(data)


def unmarked(text):
    """Words of a template that stand outside of translate, blocktranslate and variables."""
    literals = [
        match[1]
        for match in re.finditer(
            rf'[\s,](?:{SHOWN_ARGUMENTS})="([A-Z][^"]*)"', " ".join(re.findall(r"{%[^%]*?%}", text))
        )
    ] + re.findall(r'\|default:"([A-Z][^"]*)"', text)
    text = re.sub(r"{#.*?#}", "", text)
    text = re.sub(r"{%\s*comment\b.*?endcomment\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%\s*blocktrans(?:late)?\b.*?endblocktrans(?:late)?\s*%}", "", text, flags=re.S)
    text = re.sub(r"{%.*?%}|{{.*?}}", "", text, flags=re.S)
    reader = Visible()
    reader.feed(text)
    words = [piece.strip() for piece in [*reader.found, *literals]]
    return [word for word in words if word not in ALLOWED and LETTERS.search(word.replace("Setia", ""))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("<p>Hello</p>", ["Hello"]),
        ('<p>{% translate "Hello" %}</p>', []),
        ("<p>{% blocktranslate %}Hello {{ name }}{% endblocktranslate %}</p>", []),
        ('<button aria-label="Close">{{ x }}</button>', ["Close"]),
        ('<button aria-label="{% translate "Close" %}">×</button>', []),
        ('{% include "a.html" with title="No accounts" icon="inbox" %}', ["No accounts"]),
        ('{% include "a.html" with title=_("No accounts") icon="inbox" %}', []),
        ('{{ name|default:"Nobody" }}', ["Nobody"]),
        ("{# a note #}<kbd>Esc</kbd> · 12 % Setia", []),
    ],
)
def test_the_scanner_sees_what_a_reader_sees(text, found):
    assert unmarked(text) == found


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT)))
def test_templates_mark_every_word(path):
    assert unmarked(path.read_text()) == []
