"""What can happen under each clause: kinds of facts, their fields, the days worth trying, the readings that bear."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from random import Random

from monitor.core.clause import LoanTerms
from monitor.core.facts import Scalar
from monitor.core.schedule import Payment, balance

ON_OFF = ("on", "off")
PRINCIPAL = Decimal("1100000.00")


@dataclass(frozen=True)
class Theme:
    """One clause. ``openers``: kinds of which each history of the theme has one. ``variety``: how many further kinds
    (each meets readings, and their combinations multiply). ``elsewhere``: share of facts of another time zone.
    ``scripts``: what typically follows what on one matter (``*``: an opener). ``gaps``: days between two such acts."""

    openers: tuple[str, ...]
    kinds: tuple[str, ...]
    matters: tuple[str, ...]
    anchors: tuple[date, ...]
    steps: tuple[int, ...]
    readings: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    variety: int = 4
    elsewhere: float = 0.0
    scripts: tuple[tuple[str, ...], ...] = ()
    gaps: tuple[int, ...] = (0, 0, 1, 2, 10, 19, 20, 21)


CURES = ("released", "satisfied_of_record", "bonded", "judgment_vacated", "judgment_paid", "enforcement_stayed",
         "release_revoked", "lien_existing_at_issue", "lien_consented_by_payee")
CURE_READINGS: Mapping[str, tuple[str, ...]] = {
    **dict.fromkeys(
        ("cure_roll", "paid_unrecorded_cures", "stay_cures_liens", "vacatur_cures", "lien_increase_is_new",
         "ucc1_is_lien", "late_consent_cures"), ON_OFF,
    ),
    "cure_reach": ("all", "judgments_only"), "release_effective": ("executed", "recorded"),
    "exception_reach": ("liens", "all_items"),
}
CURE_SCRIPTS = (
    ("*", "released"), ("*", "released", "release_revoked"), ("*", "released", "release_revoked", "released"),
    ("*", "satisfied_of_record"), ("*", "bonded"), ("*", "lien_consented_by_payee"), ("*", "lien_existing_at_issue"),
    ("*", "judgment_vacated"), ("*", "*", "bonded"), ("*", "enforcement_stayed", "satisfied_of_record"),
    ("*", "default_waived"), ("*", "judgment_paid", "satisfied_of_record"),
)
LIEN_SCRIPTS = (
    *CURE_SCRIPTS, ("*", "lien_consented_by_payee", "lien_increased"), ("lien_consented_by_payee", "lien_increased"),
    ("lien_increased", "lien_consented_by_payee"),
)
CASE_SCRIPTS = (
    *[("*", "case_stayed", "stay_lifted")] * 4, ("*", "case_dismissed", "case_reinstated"), ("*", "case_dismissed"),
    ("*", "case_stayed", "stay_lifted", "case_stayed", "stay_lifted"), ("*", "case_stayed", "case_dismissed"),
    ("*", "case_stayed", "stay_lifted", "case_dismissed", "case_reinstated"), ("*", "*", "case_dismissed"),
    ("*", "case_stayed", "case_dismissed", "stay_lifted", "case_reinstated"), ("*", "case_stayed"),
    ("voluntary_petition", "order_for_relief"), ("involuntary_petition", "case_converted"), ("*", "default_waived"),
)
TWENTY = (-2, 0, 0, 0, 1, 2, 5, 18, 19, 20, 20, 21, 22, 23, 24, 25, 40, 41, 42)
SIXTY = (-1, 0, 0, 0, 1, 10, 30, 31, 58, 59, 60, 60, 61, 62, 63, 90, 119, 120, 121, 122)
# Twenty days after these are a Saturday, Sunday, Independence Day, Flag Day, Election Day, New Year's or a plain day.
ITEM_DAYS = (
    date(2005, 5, 16), date(2005, 5, 18), date(2005, 5, 19), date(2005, 6, 14), date(2005, 6, 16), date(2005, 8, 13),
    date(2005, 10, 19), date(2005, 10, 22), date(2005, 12, 4), date(2005, 12, 13), date(2021, 5, 30),
)
CASE_DAYS = (
    date(2005, 5, 10), date(2005, 5, 18), date(2005, 6, 6), date(2005, 7, 1), date(2005, 9, 9), date(2005, 11, 3),
)

THEMES: Mapping[str, Theme] = {
    "listing": Theme(
        openers=("listing_removed", "listing_suspended"),
        kinds=("listing_removed", "listing_suspended", "listing_added", "listing_resumed", "trading_halted",
               "trading_resumed", "sec_trading_suspended", "sec_suspension_ended"),
        matters=("common stock listing",),
        anchors=(
            date(2005, 5, 17), date(2005, 5, 26), date(2005, 6, 20), date(2005, 7, 1), date(2005, 9, 28),
            date(2005, 11, 21), date(2006, 4, 11), date(2006, 6, 29), date(2008, 9, 29), date(2017, 7, 20),
            date(2021, 11, 3),
        ),
        steps=(-1, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 14),
        readings={
            **dict.fromkeys(
                ("count_trigger_day", "halt_counts", "suspension_immediate", "venue_successors", "otc_successor"),
                ON_OFF,
            ),
            "sec_suspension_counts": ("quoted_only", "always", "never"),
        },
        variety=2, elsewhere=0.03, gaps=(0, 0, 1, 4, 5, 6, 7, 7, 8),
        scripts=(
            ("listing_removed", "listing_added"), ("listing_suspended", "listing_resumed"),
            ("listing_suspended", "listing_removed", "listing_added"), ("listing_removed", "listing_added", "*"),
            ("sec_trading_suspended", "sec_suspension_ended"), ("trading_halted", "trading_resumed"),
            ("listing_added", "listing_removed"), ("*", "default_waived"),
        ),
    ),
    "liens": Theme(
        openers=("lien_filed", "financing_statement_filed", "lien_increased"),
        kinds=("lien_filed", "financing_statement_filed", "lien_increased", *CURES, "released", "release_revoked"),
        matters=("2005-L-1", "2005-L-2"), anchors=ITEM_DAYS, steps=TWENTY, readings=CURE_READINGS, scripts=LIEN_SCRIPTS,
    ),
    "items": Theme(
        openers=("levy", "execution", "seizure", "attachment", "garnishment"),
        kinds=("levy", "execution", "seizure", "attachment", "garnishment", "lien_filed", *CURES),
        matters=("2005-I-1", "2005-I-2"), anchors=ITEM_DAYS, steps=TWENTY, readings=CURE_READINGS, scripts=CURE_SCRIPTS,
    ),
    "judgments": Theme(
        openers=("judgment_entered",), kinds=("judgment_entered", "levy", *CURES),
        matters=("Index 1/2005", "Index 2/2005"), anchors=ITEM_DAYS, steps=TWENTY,
        readings={**CURE_READINGS, "court_date": ("court_local", "governing_law")}, elsewhere=0.15,
        scripts=CURE_SCRIPTS,
    ),
    "maturity": Theme(
        openers=("payment_received", "payment_tendered"),
        kinds=("payment_received", "payment_tendered", "maturity_extended", "note_discharged", "payment_received"),
        matters=("payments",),
        anchors=(date(2005, 6, 1), date(2005, 12, 28), date(2005, 12, 31), date(2006, 4, 14), date(2005, 11, 8)),
        steps=(-30, -1, 0, 0, 1, 2, 3, 3, 4, 5, 6, 10, 31),
        readings=dict.fromkeys(
            ("maturity_roll", "roll_interest", "conjunctive_shortfall", "tender_is_payment"), ON_OFF,
        ),
    ),
    "debts": Theme(
        openers=("debt_payment_default", "debt_other_default", "debt_accelerated"),
        kinds=("debt_payment_default", "debt_other_default", "debt_accelerated", "debt_default_cured",
               "debt_default_waived", "debt_payment_default"),
        matters=("loan A", "loan B", "loan C"), anchors=(date(2005, 5, 17), date(2005, 5, 18), date(2005, 7, 1)),
        steps=(-1, 0, 0, 0, 1, 2, 5, 9, 10, 11, 12, 30),
        readings={
            **dict.fromkeys(("honour_grace", "aggregate_debts", "threshold_on_other_events", "small_payment_through_b",
                             "other_waiver_cures"), ON_OFF),
            "principal_measure": ("outstanding", "original"),
        },
        variety=2, gaps=(0, 0, 0, 1, 5, 9, 10, 11),
        scripts=(
            ("*", "debt_default_cured"), ("*", "debt_default_waived"), ("*", "*"), ("*", "debt_default_cured", "*"),
            ("debt_payment_default", "debt_payment_default"), ("*", "default_waived"),
        ),
    ),
    "acts": Theme(
        openers=("receiver_applied_for", "general_assignment", "voluntary_petition", "debtor_relief_petition",
                 "involuntary_acquiesced", "winding_down_announced", "analogous_act"),
        kinds=("receiver_applied_for", "voluntary_petition", "debtor_relief_petition", "involuntary_acquiesced",
               "winding_down_announced", "involuntary_petition", "order_for_relief", "announcement_retracted"),
        matters=("05-10001", "05-10002"), anchors=CASE_DAYS, steps=(-1, 0, 0, 1, 2, 60, 61),
        readings={"court_date": ("court_local", "governing_law"), "subsidiary_winddown_counts": ON_OFF}, elsewhere=0.3,
    ),
    "involuntary": Theme(
        openers=("involuntary_petition", "receivership_sought", "order_for_relief", "analogous_proceeding"),
        kinds=("involuntary_petition", "receivership_sought", "order_for_relief", "case_converted",
               "analogous_proceeding", "case_dismissed", "case_stayed", "stay_lifted", "case_reinstated",
               "case_dismissed", "case_stayed", "stay_lifted", "case_reinstated"),
        matters=("05-20001", "05-20002"), anchors=CASE_DAYS, steps=SIXTY,
        readings={
            "continuing_roll": ON_OFF, "stay_effect": ("resume", "resume", "reset", "none"),
            "reinstatement": ("new_window", "relate_back"), "court_date": ("court_local", "governing_law"),
            "relief_order_window": ("none", "sixty"),
        },
        variety=5, elsewhere=0.1, scripts=CASE_SCRIPTS, gaps=(0, 1, 10, 10, 30, 30, 59, 60, 61, 62),
    ),
}

LISTINGS: tuple[tuple[str, ...], ...] = (
    *[("otcbb",)] * 4, ("nyse",), ("amex",), ("nasdaq_nm",), ("nasdaq_smallcap",), ("otcbb", "nyse"),
    ("amex", "nasdaq_nm"), ("nasdaq_gm",), ("nasdaq_gm", "nasdaq_gs"), ("otcqb",), ("otc_pink",), (),
)
VENUES = (
    *["otcbb"] * 5, "nyse", "nyse", "amex", "amex", "nasdaq_nm", "nasdaq_nm", "nasdaq_smallcap", "nasdaq_gm",
    "nasdaq_gs", "nasdaq_cm", "nyse_alternext", "nyse_amex", "nyse_american", "otcqb", "otcqx", "pink_sheets",
)
LISTED = frozenset({"listing_removed", "listing_suspended", "listing_added", "listing_resumed", "trading_halted",
                    "trading_resumed"})
SEC = frozenset({"sec_trading_suspended", "sec_suspension_ended"})
DEBTS = frozenset({"debt_payment_default", "debt_other_default", "debt_accelerated"})
LIENS = frozenset({"lien_filed", "financing_statement_filed", "lien_increased"})
THRESHOLD = tuple(Decimal(n) for n in ("99999.99", "100000.00", "100000.01", "50000.00", "50000.01", "0.00", "250000"))


@dataclass(frozen=True)
class Terms:
    """What an invented note has of its own: its maturity and where the stock was listed when it was made."""

    maturity: date
    listed: tuple[str, ...]


def fields_of(rng: Random, kind: str, day: date, terms: Terms) -> dict[str, Scalar]:
    """Fields of a kind, some left out so that the vocabulary's defaults have their turn."""
    fields: dict[str, Scalar] = {}
    if kind in LISTED:
        fields["venue"] = rng.choice(terms.listed if terms.listed and rng.random() < 0.5 else VENUES)
    if kind in LISTED or kind in SEC:
        if rng.random() < 0.05:
            fields["security_class"] = "warrants"
        if rng.random() < 0.6:
            fields["effective"] = rng.choice(("unknown", "before_open", "intraday", "after_close"))
    elif kind in LIENS and rng.random() < 0.15:
        fields["in_favour_of_payee"] = rng.random() < 0.6
    elif kind == "released":
        if rng.random() < 0.4:
            fields["recorded_on"] = day + timedelta(days=rng.choice((0, 1, 2, 5, 20)))
        if rng.random() < 0.2:
            fields["partial"] = rng.random() < 0.6
    elif kind == "lien_consented_by_payee" and rng.random() < 0.5:
        fields["covers_increases"] = rng.random() < 0.7
    elif kind in ("payment_received", "payment_tendered"):
        fields = _payment(rng, day, terms.maturity)
    elif kind == "maturity_extended":
        fields["to"] = terms.maturity + timedelta(days=rng.choice((-10, 1, 3, 14, 31, 59, 90)))
        fields["signed"] = rng.random() < 0.8
    elif kind in DEBTS:
        fields = _debt(rng, day)
    elif kind == "default_waived":
        fields["signed"] = rng.random() < 0.85
    elif kind == "involuntary_acquiesced":
        fields["in_writing"] = rng.random() < 0.7
    elif kind == "winding_down_announced" and rng.random() < 0.5:
        fields["of"] = rng.choice(("maker", "subsidiary"))
    elif kind == "receivership_sought":
        fields["in_liquidation"] = rng.random() < 0.8
    return fields


def _debt(rng: Random, day: date) -> dict[str, Scalar]:
    fields: dict[str, Scalar] = {}
    for name in ("principal_outstanding", "principal_original"):
        if rng.random() < 0.8:
            fields[name] = rng.choice(THRESHOLD)
    for name, share in (("borrowed_money", 0.15), ("this_note", 0.05), ("permits_acceleration", 0.7)):
        if rng.random() < share:
            fields[name] = name == "permits_acceleration" and rng.random() < 0.9
    if rng.random() < 0.4:
        fields["grace_ends_on"] = day + timedelta(days=rng.choice((-1, 0, 1, 5, 10, 10, 10)))
    return fields


def _payment(rng: Random, day: date, maturity: date) -> dict[str, Scalar]:
    day = max(day, date(2005, 5, 18))
    amount = payoff(rng, day, maturity) if rng.random() < 0.6 else Decimal(rng.choice(
        ("4277.78", "9166.67", "9472.22", "69361.11", "69361.12", "1100000.00", "550000.00", "0.01")
    ))
    fields: dict[str, Scalar] = {"amount": amount}
    if rng.random() < 0.25:
        fields["principal"] = min(amount, PRINCIPAL)
        if rng.random() < 0.6:
            fields["interest"] = amount - min(amount, PRINCIPAL)
    elif rng.random() < 0.1:
        fields["interest"] = min(amount, Decimal("69361.11"))
    return fields


def payoff(rng: Random, day: date, maturity: date) -> Decimal:
    """What the whole note takes on a day if nothing was paid before, or a cent beside it."""
    loan = LoanTerms(
        principal=PRINCIPAL, rate=Decimal("0.10"), day_count="ACT/360", dated=date(2005, 5, 18),
        first_payment=date(2005, 6, 1), maturity=maturity,
    )
    paid: list[Payment] = []
    owed = balance(loan, paid, day if rng.random() < 0.6 else min(day, maturity))
    return owed.total + Decimal(rng.choice(("0", "0", "0", "-0.01", "0.01", "0.05")))
