"""What people of the demo say about deals: business cases, why one was lost, why one goes on all the same."""

from expansion.enums import DealKind, DealStage, LossReason

CASES = {
    DealKind.SEATS: (
        "Two teams share logins today; with seats of their own the plan of a day is made in an hour less.",
        "The new site starts with the same way of working instead of lists.",
        "Everybody who enters an order sees its state, so that nobody has to ask.",
    ),
    DealKind.PRODUCT: (
        "The monthly report takes three days by hand; with it the figures are there each morning.",
        "Approvals wait two days on average; rules do those below a thousand by themselves.",
        "One tool less to pay for, and the figures stand beside the orders.",
    ),
    DealKind.TIER: ("They need more than their plan allows in each of the last months.",),
    DealKind.USAGE: ("The quota is used up before the month is over.",),
}
GREW = ("dispatch", "the new region", "customer service", "field teams", "the second site", "finance")
COMPETITOR = (
    "Their other vendor ends its product next year.",
    "The licence of the tool they use beside ours is due in spring.",
)
# How often, and what was said.
LOSSES = {
    LossReason.BUDGET: (30, "No budget this year; they come back to it."),
    LossReason.WEAK_CASE: (20, "We could not say what it saves."),
    LossReason.NOT_SYSTEMATIC: (15, "They had decided when we heard of it."),
    LossReason.DISCOMFORT: (10, "Nobody asked who else could use it."),
    LossReason.HANDOFF: (9, "Sales took it up three weeks late."),
    LossReason.COMPETITOR: (9, "They stay with what they use for that."),
    LossReason.NOT_EARNED: (7, "What they have has to work first."),
}
STEPS = {
    DealStage.IDENTIFIED: ("Ask who would use it", "Find out who pays for it", "Show it to the team lead"),
    DealStage.QUALIFIED: ("Write the business case with them", "Meet who decides", "Count the seats with their admin"),
    DealStage.PROPOSAL: ("Go through the offer with finance", "Answer their legal", "Agree on the first day"),
    DealStage.COMMIT: ("Get the order form signed", "Name the day of the kick-off"),
}
OVERRIDES = (
    "They asked for it themselves and want it before the year ends",
    "Their sponsor decides now; the open points are being closed",
    "It is a small step that solves what they complain about",
)
DISMISSED = (
    "A project of two weeks, over by now.",
    "They are being merged; nobody decides now.",
    "Counted twice: the same people.",
)
