"""Texts of playbooks: data in three languages, not messages of the product."""

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _

LANGUAGES = ("en", "id", "ms")

Problems = dict[str, str]


def spoken(texts: Mapping[str, str], language: str) -> str:
    """The language in which a text is said to somebody who wishes `language`: that one, else the first of LANGUAGES that
    there is; empty when there is none. Example: `spoken({"id": "Halo"}, "en") == "id"`."""
    return next((name for name in (language[:2], *LANGUAGES) if texts.get(name)), "")


def said(texts: Mapping[str, str], language: str) -> str:
    """The text in that language, else in the first of LANGUAGES that there is."""
    return texts.get(spoken(texts, language), "")


def read_texts(given: Any, longest: int, name: str, problems: Problems, *, lines: bool = False) -> dict[str, str]:
    """The texts by language, without spare blanks, in the order of LANGUAGES; `problems` gets what is wrong under `name`.
    With `lines` their lines are kept."""
    if not isinstance(given, dict) or not all(isinstance(text, str) for text in given.values()):
        problems[name] = _("Write it in at least one language.")
        return {}
    if strange := set(given) - set(LANGUAGES):
        problems[name] = _("Unknown: %(names)s.") % {"names": ", ".join(sorted(strange))}
    found = {}
    for language in LANGUAGES:
        plain = given.get(language, "").replace("\x00", "")
        rows = [" ".join(line.split()) for line in (plain.splitlines() if lines else [plain])]
        if text := "\n".join(rows).strip():
            if len(text) > longest:
                problems[f"{name}.{language}"] = _("At most %(limit)s characters fit here.") % {"limit": longest}
            found[language] = text
    return found
