"""The flow as a picture: six places, ways between them as wide as what went there, returns drawn (JRN-02, JRN-04, JRN-25).

Geometry only, in the units of the drawing's own 1144 by 432; the template draws it and app styles colour it.
"""

from collections.abc import Callable
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from accounts.cells import arr_text
from cs_platform.kernel.templatetags.cells import number_text
from journey.analysis.flow import Amount, Flow, forward
from journey.enums import Entry, Exit, Stage

WIDEST, NARROWEST = 17.0, 1.5
# Left edge, top, width, height of the places.
PLACES = {
    Stage.ONBOARDING: (176, 143, 150, 106),
    Stage.ADOPTION: (424, 143, 150, 106),
    Stage.RETENTION: (672, 118, 150, 156),
    Stage.EXPANSION: (960, 15, 164, 106),
    Stage.RENEWAL: (960, 143, 164, 106),
    Stage.ADVOCACY: (960, 271, 164, 106),
}
Url = Callable[..., str]


class Picture:
    """What the template draws. `count` is "tracks" or "arr"."""

    def __init__(self, now: Flow, before: Flow, count: str, currency: str, url: Url) -> None:
        self.now, self.before, self.count, self.currency, self.url = now, before, count, currency, url
        self.ways: list[dict[str, Any]] = []
        self.tags: list[dict[str, Any]] = []
        most = max((self._size(amount) for amount in self._forward().values()), default=0)
        self._scale = (WIDEST - NARROWEST) / most if most else 0
        worst = self.worst_return()
        self.nodes = [self._node(stage, worst is not None and stage == worst[1]) for stage in PLACES]
        self._draw()

    def _size(self, amount: Amount) -> int:
        return amount.mrr if self.count == "arr" else amount.periods

    def text(self, amount: Amount) -> str:
        return arr_text(amount.mrr, self.currency) if self.count == "arr" else number_text(amount.periods, 0)

    def _forward(self) -> dict[tuple[str, str], Amount]:
        now = self.now
        return {
            ("", Stage.ONBOARDING): now.of("in", Stage.ONBOARDING, Entry.BEGAN),
            (Stage.ONBOARDING, Stage.ADOPTION): forward(now, Stage.ONBOARDING, Stage.ADOPTION),
            (Stage.ADOPTION, Stage.RETENTION): forward(now, Stage.ADOPTION, Stage.RETENTION),
            (Stage.RETENTION, Stage.EXPANSION): forward(now, "", Stage.EXPANSION),
            (Stage.RETENTION, Stage.RENEWAL): forward(now, "", Stage.RENEWAL),
            (Stage.RETENTION, Stage.ADVOCACY): forward(now, "", Stage.ADVOCACY),
        }

    def worst_return(self) -> tuple[str, str, Amount] | None:
        """From which stage to which one most went back; None when nothing did."""
        found = [
            (stage, other, amount)
            for (cell, stage, other), amount in self.now.cells.items()
            if cell == "back" and other and amount
        ]
        return max(found, key=lambda each: (each[2].periods, each[0], each[1]), default=None)

    def _node(self, stage: Stage, hot: bool) -> dict[str, Any]:
        now, x, y = self.now, *PLACES[stage][:2]
        out = {end: now.of("out", stage, end).periods for end in Exit.values}
        done = {
            Stage.EXPANSION: _("%(n)s won, %(left)s lost"),
            Stage.RENEWAL: _("%(n)s renewed, %(left)s lost"),
            Stage.RETENTION: _("%(left)s left"),
        }.get(stage, _("%(n)s done, %(left)s left"))
        came = sum(now.of("in", stage, entry).periods for entry in Entry.values)
        lines = [
            _("+%(n)s in") % {"n": number_text(came, 0)},
            done % {"n": number_text(out[Exit.COMPLETED], 0), "left": number_text(out[Exit.ABANDONED], 0)},
        ]
        if out[Exit.REGRESSED]:
            lines.append(_("%(n)s went back") % {"n": number_text(out[Exit.REGRESSED], 0)})
        if out[Exit.SKIPPED]:
            lines.append(_("%(n)s skipped") % {"n": number_text(out[Exit.SKIPPED], 0)})
        if stage == Stage.RETENTION:
            lines.append(_("runs beside all stages"))
        value = self.text(now.of("open", stage))
        return {
            "x": x, "y": y, "width": PLACES[stage][2], "height": PLACES[stage][3], "hot": hot,
            "url": self.url(show="open", stage=stage), "title": stage.label, "tx": x + 14, "ty": y + 22, "value": value,
            "vy": y + 47, "was": _("was %(n)s") % {"n": self.text(now.of("was", stage))},
            "wx": x + 14 + 13 * len(value) + 8,
            "lines": [{"y": y + 64 + 13 * place, "text": line} for place, line in enumerate(lines)],
        }  # fmt: skip

    def _way(self, kind: str, path: str, amount: Amount, head: str, tone: str) -> None:
        if amount:
            width = NARROWEST + self._scale * self._size(amount)
            self.ways.append(
                {"kind": kind, "d": path, "width": f"{min(width, WIDEST):.1f}", "head": head, "tone": tone}
            )

    def _tag(self, x: int, y: int, text: str, kind: str = "", url: str = "") -> None:
        width = round(6.4 * len(text) + 16)
        self.tags.append(
            {"x": x - width // 2, "y": y - 10, "width": width, "tx": x, "ty": y + 4, "text": text, "kind": kind, "url": url}
        )  # fmt: skip

    def _draw(self) -> None:
        moved = self._forward()
        forwards = (
            ("", Stage.ONBOARDING, "M58 196H166", "M166 190.5L174 196L166 201.5z", (112, 196)),
            (Stage.ONBOARDING, Stage.ADOPTION, "M326 196H414", "M414 190.5L422 196L414 201.5z", (370, 196)),
            (Stage.ADOPTION, Stage.RETENTION, "M574 196H662", "M662 190.5L670 196L662 201.5z", (618, 196)),
            (Stage.RETENTION, Stage.EXPANSION, "M822 150C890 150 880 56 950 56", "M950 50.5L958 56L950 61.5z", (888, 103)),
            (Stage.RETENTION, Stage.RENEWAL, "M822 184H950", "M950 178.5L958 184L950 189.5z", (888, 184)),
            (Stage.RETENTION, Stage.ADVOCACY, "M822 244C890 244 880 324 950 324", "M950 318.5L958 324L950 329.5z", (888, 284)),
        )  # fmt: skip
        for source, stage, path, head, (x, y) in forwards:
            amount = moved[(source, stage)]
            self._way("", path, amount, head, "aa")
            if amount:
                self._tag(
                    x,
                    y,
                    self.text(amount),
                    url=self.url(
                        show="in" if source else "new",
                        stage=stage,
                        source=source if stage in (Stage.ADOPTION, Stage.RETENTION) else "",
                    ),
                )
        renewed = self.now.of("out", Stage.RENEWAL, Exit.COMPLETED)
        self._way("loop", "M960 222H832", renewed, "M832 216.5L824 222L832 227.5z", "an")
        if renewed:
            self._tag(890, 222, self.text(renewed), url=self.url(show="completed", stage=Stage.RENEWAL))
        self._loops()
        self._returns()

    def _loops(self) -> None:
        won, referred = self.now.of("won"), self.now.of("referred")
        path = "M1042 15V14C1042 6 1034 6 1026 6H270C252 6 251 14 251 24V133"
        self._way("loop", path, won, "M245.500 133h11l-5.500 9z", "an")
        if won:
            words = ngettext(
                "%(n)s new track after a won expansion", "%(n)s new tracks after won expansions", won.periods
            )
            self._tag(650, 6, words % {"n": number_text(won.periods, 0)})
        path = "M1042 377V398C1042 412 1030 412 1020 412H52C36 412 30 404 30 392V236"
        self._way("loop", path, referred, "M24.500 236h11l-5.500-9z", "an")
        if referred:
            words = ngettext("%(n)s customer was referred", "%(n)s customers were referred", referred.accounts)
            self._tag(585, 412, words % {"n": number_text(referred.accounts, 0)})

    def _returns(self) -> None:
        back = _("%(n)s back")
        lines = (
            (Stage.RETENTION, Stage.ADOPTION, "M747 274V300C747 330 740 338 716 338H540C512 338 500 328 500 306V259", "M493 261h14l-7-11z", (620, 338)),
            (Stage.ADOPTION, Stage.ONBOARDING, "M470 249V268C470 292 458 298 440 298H286C262 298 251 288 251 268V259", "M245 260h12l-6-10z", (352, 298)),
            (Stage.RETENTION, Stage.ONBOARDING, "M780 274V330C780 368 760 372 736 372H250C222 372 210 356 210 330V259", "M204 260h12l-6-10z", (430, 372)),
            (Stage.ADOPTION, Stage.ADOPTION, "M540 143V128C540 112 532 108 522 108H476C464 108 458 114 458 124V133", "M452 132h12l-6 10z", (499, 108)),
        )  # fmt: skip
        for stage, other, path, head, (x, y) in lines:
            amount = self.now.of("back", stage, other)
            self._way("back", path, amount, head, "ar")
            if amount:
                words = _("%(n)s anew") if stage == other else back
                self._tag(x, y, words % {"n": self.text(amount)}, "back", self.url(show="back", stage=stage, to=other))

    @property
    def label(self) -> str:
        """The picture in one sentence, for those who do not see it."""
        words = []
        for (source, stage), amount in self._forward().items():
            names = {"n": self.text(amount), "stage": Stage(stage).label}
            words.append((_("%(n)s new in %(stage)s") if not source else _("%(n)s on to %(stage)s")) % names)
        for (cell, stage, other), amount in sorted(self.now.cells.items()):
            if cell == "back" and other:
                names = {"n": self.text(amount), "from": Stage(stage).label, "to": Stage(other).label}
                words.append(_("%(n)s back from %(from)s to %(to)s") % names)
        return ", ".join(words)
