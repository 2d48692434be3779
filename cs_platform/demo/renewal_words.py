"""What people of the demo say about renewals: next steps, objections with their answers, reasons of calls, Halcyon's."""

from renewals.enums import Caller, FailureReason, Phase

NEXT = {
    Phase.PREPARING: ("Write the value summary", "Agree on the day of the first talk", "Ask who decides about it this year"),
    Phase.TALKING: ("Send the proposal", "Show the results to the sponsor", "Ask for the seats of next year"),
    Phase.PROPOSED: ("Go through the proposal with them", "Call their finance about the term", "Answer their questions on the offer"),
    Phase.NEGOTIATING: ("Settle the term and the price", "Speak with procurement", "Get the discount approved"),
    Phase.SIGNING: ("Ask for the signature", "Check the order form with legal", "Countersign the order form"),
}  # fmt: skip
OBJECTIONS = {
    FailureReason.PRICE: "The price went up more than our use did.",
    FailureReason.VALUE: "Our board asks what we got for it.",
    FailureReason.BUDGET: "Every department has to give up a tenth next year.",
    FailureReason.PRODUCT: "The reports still have to be copied by hand.",
    FailureReason.COMPETITOR: "Another vendor offers a free pilot.",
    FailureReason.PROCUREMENT: "Procurement wants three offers this time.",
}
# What people write about how easy a renewal was, up to each score (1 is very easy).
EASE = {
    2: ("One call and a signature.", "The proposal had everything that our finance asks for.", "No surprises. Thank you."),
    4: ("Fine, but the order form came late.", "Two rounds with procurement, then it was quick."),
    7: ("Three people asked us the same questions.", "The price was clear only in the last week.", "Too many versions of the offer."),
}  # fmt: skip
ANSWERS = {
    FailureReason.PRICE: "Same price for two years, in writing.",
    FailureReason.VALUE: "Value summary with their own numbers, sent to the sponsor.",
    FailureReason.BUDGET: "Fewer seats until summer, the rest when they need them.",
    FailureReason.PRODUCT: "Scheduled reports are set up with them this month.",
    FailureReason.COMPETITOR: "Compared side by side with their team; migration costs named.",
    FailureReason.PROCUREMENT: "Sent what procurement needs, with two references.",
}
FOR = (
    "Sponsor said on the phone that they stay.",
    "Two more teams were trained this quarter.",
    "They asked for the order form themselves.",
    "Results were shown to their board and taken well.",
)
AGAINST = (
    "No reply to the last two mails.",
    "Their new director has not met us yet.",
    "Use fell since the summer.",
    "Finance has not answered on the price.",
)
LEADERS = {
    "+": ("Spoke with their sponsor myself.", "They know what leaving would cost them.", "Proposal was on time and was answered."),
    "-": ("Nobody who decides was in the last meeting.", "We talk with users only.", "The offer waits for an answer too long."),
}  # fmt: skip
APPROACHES = (
    "Win the new VP Operations: value summary, the export fixed, an offer at the right size.",
    "Sponsor to sponsor, then an offer at the right size.",
    "Fix what is broken first, train the new users, then talk about the term.",
    "Find a new champion and bring the numbers to the board.",
)
# Of the steps prep, talk, proposal and negotiate.
HALCYON_NOTES = (
    "Health review, value summary, risks.",
    "With R. Okafor.",
    "Version 2, 24 months.",
    "No buyer since the champion left.",
)
# Who, percent, days ago, reasons.
HALCYON_CALLS = (
    (
        Caller.CSM, 65, 2,
        (
            ("+", "New VP Operations agreed to a call tomorrow."),
            ("+", "Two site admins renewed their training"),
            ("-", "No reply from finance since the proposal"),
        ),
    ),
    (
        Caller.LEADER, 50, 1,
        (
            ("+", "VP knows the product from her last company"),
            ("-", "Proposal was late and never answered"),
            ("=", "Raise to 70 if the call goes well"),
        ),
    ),
)  # fmt: skip
# Kind, in their words, our answer, whose words, raised and answered how many days ago.
HALCYON_OBJECTIONS = (
    (FailureReason.PRICE, "6% uplift without new value", "", ("decision_maker", "executive_sponsor"), 30, None),
    (FailureReason.PRODUCT, "Export fails, we cannot leave or audit", "", ("power_user", "core_user"), 4, None),
    (
        FailureReason.BUDGET, "Too many licences after the depot sale", "Offer at the right size, counted with them",
        ("procurement", "decision_maker"), 16, 9,
    ),
)  # fmt: skip
