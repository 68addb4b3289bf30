"""The append-only record (model.md, "The record"): polls, payloads, facts, findings, alerts, deliveries, decisions.

Open it with ``Ledger.open``; write inside ``with ledger.write() as tx``. Every instant is passed in.
"""

from monitor.ledger.codec import alert_from_json, finding_from_json
from monitor.ledger.due import Due
from monitor.ledger.errors import LedgerError
from monitor.ledger.facts import FactSource
from monitor.ledger.findings import Change, Evaluation, PastFinding
from monitor.ledger.lease import Lease
from monitor.ledger.outbox import Attempt, Delivery, Outlet
from monitor.ledger.polls import Capture, KeptFile, Poll
from monitor.ledger.reviews import Decision, ReviewItem
from monitor.ledger.store import Counts, Ledger, Transaction
from monitor.ledger.verify import Report

__all__ = [
    "Attempt", "Capture", "Change", "Counts", "Decision", "Delivery", "Due", "Evaluation", "FactSource", "KeptFile",
    "Lease", "Ledger", "LedgerError", "Outlet", "PastFinding", "Poll", "Report", "ReviewItem", "Transaction",
    "alert_from_json", "finding_from_json",
]
