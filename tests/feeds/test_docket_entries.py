"""What the text of one docket entry means: its own words count, never those it quotes."""

from __future__ import annotations

from datetime import date

import pytest

from feeds.docket_entries import entry_rules, lead_of, meanings, title_of
from feeds.docket_page import Entry


def kind_of(text: str, *, involuntary: bool = True) -> str:
    meaning = meanings([Entry(date(2010, 1, 1), None, "1", text)], involuntary)[0]
    if meaning.void:
        return "void"
    if meaning.label is None:
        return "unmapped"
    return meaning.label.kind or "noise"


ENDS = [
    "Order Dismissing Case (Related Doc # 12)",
    "Order Granting Motion to Dismiss Case (Related Doc # 12). (Smith, J)",
    "Order Granting Alleged Debtor's Motion to Dismiss Involuntary Petition",
    "Order Dismissing Involuntary Petition Pursuant to 11 U.S.C. 303(j)",
    "Agreed Order Dismissing Involuntary Chapter 7 Case Without Prejudice",
    "Order Dismissing Chapter 11 Case",
    "Order Dismissing Case with Notice of Dismissal",
    "Order of Dismissal. (RE: related document(s) 3 Motion to Dismiss Case)",
    "Stipulation and Order Dismissing Involuntary Petition",
    "Order Granting Trustee's Motion to Dismiss Chapter 7 Case (Related Doc 40)",
    "Consent Order Granting Joint Motion For Voluntary Dismissal of Case",
    "Case Dismissed (admin)",
    "Involuntary Petition Dismissed",
    "Order Approving Stipulation to Dismiss Involuntary Petition",
    "Order (I) Dismissing the Debtors' Chapter 11 Cases and (II) Granting Related Relief",
    "Order Dated 3/1/2010 Re: 40 Motion to Dismiss Case. MOTION ALLOWED. CASE DISMISSED",
]
TRAPS = [
    "Order Denying Motion to Dismiss Case (Related Doc # 12)",
    "Order Denying Motion for Order Dismissing Case",
    "Order Denying Alleged Debtor's Motion to Dismiss Involuntary Petition",
    "Order Denying Motion to Convert and Dismissing Case",
    "Order to Show Cause Why Case Should Not Be Dismissed",
    "Order Setting Hearing on Motion to Dismiss Case",
    "Order Continuing Hearing on Motion to Dismiss Case",
    "Order Granting Motion to Continue Hearing on Motion to Dismiss Case",
    "Order Granting Motion to Extend Time to Respond to Motion to Dismiss Case",
    "Order Granting Debtor's Motion to Strike Motion to Dismiss Case",
    "Order Granting Leave to File Motion to Dismiss Case",
    "Order Granting Application to Employ Counsel to Prosecute Motion to Dismiss Case",
    "Order Granting Motion to Compel and Denying Motion to Dismiss Case",
    "Order Granting in Part Motion to Dismiss Case",
    "Order Granting Motion to Withdraw Motion to Dismiss Case",
    "Order Withdrawing Motion to Dismiss Case",
    "Order Reserving Ruling on Motion to Dismiss Case",
    "Order Dismissing Adversary Proceeding 10-01234",
    "Order of Dismissal of Adversary Proceeding",
    "Order Granting Motion to Dismiss Adversary Case",
    "Order Dismissing Complaint",
    "Order for Dismissal of Counterclaim",
    "Order Dismissing Motion for Relief From Stay as Moot",
    "Order Dismissing as Moot (related document(s): 430 Motion to Reject Executory Contract filed by X (Order entered)",
    "Order Dismissing Debtor's Objection to Claim 4",
    "Order Dismissing Petitioning Creditor ABC Corp. from Involuntary Petition",
    "Order Dismissing Case of Co-Debtor Subsidiary LLC",
    "Order Granting Motion to Dismiss Joint Debtor",
    "Order Dismissing Appeal",
    "Order of the Court to Adjourn (related documents Motion to Dismiss Case) So Ordered",
    "Order Dated 3/1/2010 Re: 40 Motion to Dismiss Case. MOTION DENIED",
    "Order Confirming Plan of Reorganization; case to be dismissed unless sale closes",
    "Motion to Dismiss Case filed by U.S. Trustee",
    "Motion to Reconsider Order Dismissing Case",
    "Notice of Hearing on Motion to Dismiss Case",
    "Notice of Dismissal For Failure to File Other Documents",
    "Notice of Appeal of Order Dismissing Case",
    "Proposed Order Dismissing Case",
    "(Not Processed - Court's Own Order) Proposed Order Dismissing Case",
    "BNC Certificate of Mailing - PDF Document. (RE: 23 Order Dismissing Case)",
    "BNC Certificate of Notice - Order Dismissing Case",
    "Affidavit in Support of Order Dismissing Case",
    "Response to Order Dismissing Case",
    "Minute Entry. Motion Denied. (RE: related document(s) 37 Motion to Dismiss Case filed by X)",
]


@pytest.mark.parametrize("text", ENDS)
def test_an_order_that_dismisses_the_case_is_a_dismissal(text: str) -> None:
    assert kind_of(text) == "case_dismissed"


@pytest.mark.parametrize("text", TRAPS)
def test_what_only_speaks_of_dismissal_is_no_dismissal(text: str) -> None:
    assert kind_of(text) in ("noise", "unmapped", "plan_confirmed")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Order Vacating Order Dismissing Case", "case_reinstated"),
        ("Order Granting Motion to Vacate Dismissal (Related Doc 33)", "case_reinstated"),
        ("Order Reinstating Case", "case_reinstated"),
        ("Order Granting Motion to Reinstate Case", "case_reinstated"),
        ("Order Setting Aside Order of Dismissal and Reinstating Involuntary Petition", "case_reinstated"),
        ("Endorsed Order Dated 9/14/2009 Re: 26 Debtor's Motion To Reinstate Case. MOTION ALLOWED.", "case_reinstated"),
        ("Endorsed Order Dated 9/14/2009 Re: 26 Debtor's Motion To Reinstate Case. MOTION DENIED.", "noise"),
        ("Order Setting Hearing on Motion to Vacate Dismissal", "noise"),
        ("Order Denying Motion to Vacate Order Dismissing Case", "noise"),
        ("Order Denying Motion to Reinstate Case", "noise"),
        ("Motion to Vacate Order Dismissing Case", "noise"),
        ("Order Reopening Case", "noise"),
        ("Order Converting Case to Chapter 7", "case_converted"),
        ("Order Granting Motion to Convert Case from Chapter 7 to Chapter 11", "case_converted"),
        ("Order Denying Motion to Convert Case", "noise"),
        ("Order Setting Hearing on Motion to Convert", "noise"),
        ("Motion to Convert Case to Chapter 7", "noise"),
        ("Order Staying Case", "case_stayed"),
        ("Order Granting Motion to Stay Involuntary Case", "case_stayed"),
        ("Order Suspending All Proceedings in the Case Pursuant to 11 U.S.C. 305(a)", "case_stayed"),
        ("Order Lifting Stay of the Case", "stay_lifted"),
        ("Order Granting Motion for Relief From Stay", "noise"),
        ("Order Lifting Automatic Stay", "noise"),
        ("Order Staying Discovery", "noise"),
        ("Order Granting Stay Pending Appeal", "noise"),
        ("Order Denying Motion to Stay Case", "noise"),
        ("Findings of Fact, Conclusions of Law, and Order Confirming Plan of Reorganization", "plan_confirmed"),
        ("Order Denying Confirmation of Plan", "noise"),
        ("Order Granting Motion for Final Decree Closing Case", "case_closed"),
        ("Motion for Final Decree", "noise"),
        ("Adversary Case 8:09-ap-8602 Closed", "noise"),
        ("Order Transferring Venue to the District of Delaware", "venue_transferred"),
        ("Order Granting Motion to Convert Case to Chapter 7 or, in the Alternative, Dismiss Case", "docket_reported"),
        ("Conditional Order Dismissing Case", "docket_reported"),
        ("Order Granting Motion (RE: related document(s) 37 Motion to Dismiss Case)", "docket_reported"),
        ("Minute Entry. Motion Granted. (RE: related document(s) 37 Motion to Dismiss Case filed by X)",
         "docket_reported"),
        ("Order Vacating Order for Relief", "docket_reported"),
        ("ENTERED IN ERROR. Order Dismissing Case", "void"),
        ("Order Dismissing Case. Modified on 3/1/2010 (docketed in error)", "void"),
        ("Something Never Seen Before filed by Somebody", "unmapped"),
    ],
)
def test_each_entry_means_what_its_own_words_say(text: str, kind: str) -> None:
    assert kind_of(text) == kind


@pytest.mark.parametrize(
    ("text", "involuntary", "kind"),
    [
        ("Order for Relief Under Chapter 7", True, "order_for_relief"),
        ("Order for Relief Under Chapter 7", False, "noise"),
        ("Order for Relief in Involuntary Case and Order Setting Deadline", True, "order_for_relief"),
        ("Order Granting Involuntary Petition and Entering Order for Relief", True, "order_for_relief"),
        ("Voluntary Petition (Chapter 11). Order for Relief Entered.", False, "noise"),
        ("Voluntary Petition (Chapter 11). Order for Relief Entered.", True, "noise"),
        ("Order for Relief from Stay", True, "noise"),
        ("Motion for Entry of Order for Relief", True, "noise"),
        ("BNC Certificate of Mailing - PDF Document (Re: 7 Order for Relief in Involuntary Case", True, "noise"),
        ("Alleged Debtor's Consent to Entry of Order for Relief Filed by Debtor X", True, "involuntary_acquiesced"),
        ("Consent to Order for Relief filed by Creditor Y", True, "noise"),
    ],
)
def test_relief_is_ordered_only_in_an_involuntary_case(text: str, involuntary: bool, kind: str) -> None:
    assert kind_of(text, involuntary=involuntary) == kind


@pytest.mark.parametrize(
    "text",
    [
        "Consent by Alleged Debtor to Entry of Order for Relief",
        "Answer to Involuntary Petition Consenting to Entry of Order for Relief Filed by Debtor X",
        "Stipulation By Debtor and Petitioning Creditors Consenting to Order for Relief",
        "Debtor's Answer Consenting to the Entry of an Order for Relief",
        "Debtor's Consent to Involuntary Petition",
        "Consent to Entry of an Order for Relief Filed by A. Lawyer on behalf of Debtor X",
    ],
)
def test_the_debtors_consent_to_the_order_for_relief_is_acquiescence(text: str) -> None:
    assert kind_of(text) == "involuntary_acquiesced"
    assert kind_of(text, involuntary=False) == "noise"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Debtor's Consent to Extension of Time to Answer Involuntary Petition", "noise"),
        ("Consent to Dismissal of Involuntary Petition Filed by Debtor X", "noise"),
        ("Alleged Debtor's Consent to Dismissal of Involuntary Petition", "unmapped"),
        ("Consent to Transfer of Venue of Involuntary Case Filed by Debtor X", "noise"),
        ("Consent to Continuance of Hearing on Involuntary Petition Filed by Debtor X", "noise"),
        ("Answer Not Consenting to Order for Relief Filed by Debtor X", "noise"),
        ("Consent to Order for Relief Filed by Debtor's Landlord", "docket_reported"),
        ("Consent to Entry of Order for Relief", "docket_reported"),
    ],
)
def test_another_consent_in_an_involuntary_case_is_no_acquiescence(text: str, kind: str) -> None:
    assert kind_of(text) == kind


GUARDED = [
    ("Order for Relief Hearing Scheduled for 3/1/2010", "order_for_relief"),
    ("Order for Relief - Proposed, Not Signed", "order_for_relief"),
    ("Order for Relief - Motion for Entry of Order", "order_for_relief"),
    ("Order Striking Order Dismissing Case", "case_reinstated"),
    ("Order Withdrawing Order of Dismissal", "case_reinstated"),
    ("Order Striking Order of Dismissal", "case_reinstated"),
    ("Order Dismissing Case Unless Debtor Pays Filing Fee by 3/1/2010", "case_dismissed"),
    ("Order Dismissing Case Hearing Set for 3/1/2010", "case_dismissed"),
    ("Order Dismissing Case (VACATED - see # 31)", "case_dismissed"),
    ("Order Dismissing Debtor X from Jointly Administered Cases", "case_dismissed"),
    ("Order Dismissing Petition Creditor Claim", "case_dismissed"),
    ("Order Staying Case No. 09-1234 in Circuit Court", "case_stayed"),
    ("Order Rescinding Order Converting Case", ""),
    ("Order Vacating Order Reinstating Case", ""),
    ("Order Converting Case to Chapter 11 if Plan Filed by 3/1/2010", "case_converted"),
    ("Order Regarding Motion to Convert Case to Chapter 7. Motion granted unless debtor files plan", "case_converted"),
    ("Order Reinstating Case Management Conference", "case_reinstated"),
    ("Order Transferring Venue of Adversary Case", "venue_transferred"),
    ("Order Dismissing Case Stayed", "case_dismissed"),
    ("Order Approving Form of Order Dismissing Case", "case_dismissed"),
    ("Order Dismissing Case Entered in Error", ""),
    ("Notice Regarding Order Dismissing Case Entered in Error", ""),
]


@pytest.mark.parametrize(("text", "becomes"), GUARDED)
def test_words_that_make_a_ruling_doubtful_turn_it_into_a_hint(text: str, becomes: str) -> None:
    label = meanings([Entry(date(2010, 1, 1), None, "1", text)], True)[0].label
    assert label is not None
    assert (label.kind, label.get("becomes")) == ("docket_reported", becomes)


def test_a_void_entry_withdraws_what_it_said_before_the_note() -> None:
    found = meanings([Entry(date(2010, 1, 1), None, "1", "Order Dismissing Case. STRICKEN, ENTERED IN ERROR")], True)[0]
    assert (found.void, found.label and found.label.kind) == (True, "case_dismissed")


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Order Granting Relief Against Automatic Stay in Involuntary Case", "unmapped"),
        ("Order Granting Relief in Involuntary Case from Deadline to File Schedules", "unmapped"),
        ("Order Granting Involuntary Petition Dismissal", "unmapped"),
        ("Motion to Transfer Venue of Adversary Case", "noise"),
        ("Order Granting Relief Under Chapter 7 Against Alleged Debtor", "order_for_relief"),
        ("Order Granting Motion to Dismiss or Withdraw Petition", "case_dismissed"),
        ("Order Dismissing Jointly Administered Cases", "case_dismissed"),
        ("Order Vacating Dismissal and Reinstating Case", "case_reinstated"),
        ("Order Rescinding Order Dismissing Case", "case_reinstated"),
        ("Order Converting Case from Chapter 11 to Chapter 7", "case_converted"),
    ],
)
def test_the_guards_leave_plain_rulings_alone(text: str, kind: str) -> None:
    assert kind_of(text) == kind


def test_a_corrective_entry_strikes_the_entry_it_names() -> None:
    day = date(2010, 1, 1)
    found = meanings([
        Entry(day, None, "23", "Order Dismissing Case (clk) (Entered: 01/01/2010)"),
        Entry(day, None, "24", "CORRECTIVE ENTRY: ENTERED IN ERROR. (RE: related document(s) 23 Order) (Doe, J)"),
        Entry(day, None, "25", "ENTERED IN ERROR: Hearing Held (RE: related document(s) 26 Order Dismissing Case)"),
        Entry(day, None, "26", "Order Dismissing Case (clk)"),
    ], True)
    assert [m.void for m in found] == [True, True, True, False]


def test_an_amended_order_restates_the_first_one() -> None:
    found = meanings([
        Entry(date(2010, 1, 1), None, "5", "Order Confirming Chapter 11 Plan"),
        Entry(date(2010, 1, 9), None, "6", "Amended Order Confirming Plan"),
    ], False)
    assert [m.label.kind for m in found if m.label] == ["plan_confirmed", None]


def test_a_label_reported_as_unmapped_is_the_entrys_leading_words() -> None:
    assert lead_of("Something New Filed by Creditor X (RE: related document(s) 7)") == "Something New"
    assert title_of("Agreed Order (Related Doc # 5) Staying Case (Entered: 1/1/2010)") == "order Staying Case"


def test_every_label_names_a_kind_of_the_vocabulary(rulebook: object) -> None:
    kinds = set(rulebook.vocabulary.kind_infos)  # type: ignore[attr-defined]
    labels = [rule.label for rule in entry_rules()]
    named = {label.kind for label in labels if label.kind} | {label.get("becomes") for label in labels} - {""}
    assert named <= kinds, named - kinds
