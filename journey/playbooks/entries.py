"""What an entry of the catalogue is made of: a name and steps in three languages, as data."""

from dataclasses import dataclass

from journey.enums import Doer, WorkType
from journey.playbooks.definition import Condition, Step, Steps
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
