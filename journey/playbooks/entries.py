"""What an entry of the catalogue is made of: a name and steps in three languages, as data."""

from dataclasses import dataclass

from accounts.enums import ContactRole
from journey.enums import Doer, WorkType
from journey.playbooks.definition import Condition, Step, Steps
from journey.playbooks.mail import Mail
from journey.playbooks.texts import LANGUAGES

Texts = tuple[str, str, str]  # en, id, ms


@dataclass(frozen=True)
class Entry:
    """A playbook that comes with the product: what starts it (an alert rule, or nobody but people), and its steps."""

    key: str
    names: Texts
    requirement: str
    rule: str
    steps: tuple[Step, ...]
    cap: int = 50
    cooldown_days: int = 30

    @property
    def name(self) -> str:
        return self.names[0]

    def said(self, language: str) -> str:
        """Its name in that language."""
        return dict(zip(LANGUAGES, self.names, strict=True)).get(language[:2], self.name)

    def definition(self) -> Steps:
        """The steps, through the same check as everybody's."""
        return Steps.read([step.json() for step in self.steps])


def letter(
    key: str, subject: Texts, body: Texts, days: int, *, to: str = ContactRole.CHAMPION, when: Condition | None = None
) -> Step:
    """A step that is a mail, with its texts in the three languages."""
    subjects, bodies = (dict(zip(LANGUAGES, texts, strict=True)) for texts in (subject, body))
    return Step(key, subjects, days=days, condition=when or Condition(), mail=Mail(to, True, subjects, bodies))


def step(
    key: str,
    title: Texts,
    days: int,
    *,
    doer: str = Doer.OWNER,
    work: str = WorkType.HEALTH,
    urgent: bool = False,
    when: Condition | None = None,
) -> Step:
    """A step with its title in the three languages."""
    texts = dict(zip(LANGUAGES, title, strict=True))
    return Step(key, texts, doer, work, days, urgent, condition=when or Condition())
