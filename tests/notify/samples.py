"""Alerts to render and send. The names are those of the public ROO Group note; every event here is invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from monitor.core.alerts import Alert, AlertKind, alert_id, thread_id
from monitor.core.findings import Evidence, Finding, State
from monitor.notify.base import Attachment

NOTE = "ROO Group, Inc. note of 18 May 2005"
WARNING = (
    "A bankruptcy petition is on file. The automatic stay (11 U.S.C. 362) may bar collection; consult counsel."
)
LIEN_TEXT = (
    "NOTICE OF FEDERAL TAX LIEN\nTaxpayer: ROO GROUP INC\nDocument NY-123, recorded 06/16/2005, amount $48,210.55"
)
DOCKET = b"<html><body>Invented page: NY-123</body></html>"

LIEN = Evidence(
    fact="f1", kind="lien_filed", happened_on="2005-06-16", known_at=datetime(2005, 6, 17, 14, 2, tzinfo=UTC),
    source="acris", record="2005061600123001", url="https://data.cityofnewyork.example/resource/lien?id=NY-123",
    sha256="9f2c5b0e" * 8, text=LIEN_TEXT,
)

FINDING = Finding(
    instrument="roo-petty-2005", clause="b", limb="b.lien", matter="NY-123", trigger="f1", state=State.RUNNING,
    opened=date(2005, 6, 16), deadline=date(2005, 7, 6), default_date=date(2005, 7, 7),
    earliest_arguable=date(2005, 7, 7), next_change_on=datetime(2005, 7, 7, 4, tzinfo=UTC), verified=True,
    evidence=(LIEN,), reading={"cure_roll": "true"}, reason="lien of 16 June 2005, no release known",
    quote="released, satisfied of record or bonded within twenty (20) days thereafter",
    deadline_at=datetime(2005, 7, 7, 4, tzinfo=UTC),
)


def lien_alert(**changes: Any) -> Alert:
    """The sample of architecture.md: day 13 of 20."""
    alert = Alert(
        id=alert_id(FINDING.key, AlertKind.REMINDER, "T-7", "2005-06-29T11:00:00.000000Z"),
        kind=AlertKind.REMINDER, step="T-7", instrument="roo-petty-2005", instrument_title=NOTE, matter="NY-123",
        thread=thread_id("roo-petty-2005", "NY-123"), at=datetime(2005, 6, 29, 11, tzinfo=UTC),
        headline=f"{NOTE}, clause (b): day 13 of 20. Last cure day in 7 days; Event of Default in 8",
        body=(
            "Lien NY-123 filed 16 June 2005, learned 17 June. Last day to release, satisfy of record or bond: "
            "Wed 6 July 2005.",
            "House reading: default 7 July 2005. Earliest arguable: 7 July. Assumes automatic acceleration and "
            "interest paid to 1 July: $1,100,000.00 + $1,833.33 on 7 July, then $305.56 a day. "
            "Payments read through 28 June.",
        ),
        quote=FINDING.quote,
        next_step=("Ask the maker's counsel for a recorded release or a bond.", "Counsel: A. Example, 212 555 0100."),
        evidence=(LIEN,),
        why="reminder 7 days before the last cure day, at 07:00 New York", finding=FINDING,
    )
    return replace(alert, **changes)


def ripened_alert(**changes: Any) -> Alert:
    """A later alert of the same matter."""
    finding = replace(FINDING, state=State.EVENT_OF_DEFAULT)
    base = lien_alert(
        id=alert_id(FINDING.key, AlertKind.RIPENED, "", "2005-07-07T04:00:00.000000Z"), kind=AlertKind.RIPENED, step="",
        at=datetime(2005, 7, 7, 4, tzinfo=UTC), headline=f"{NOTE}, clause (b): Event of Default on 7 July 2005",
        body=("Lien NY-123 was not released, satisfied of record or bonded by 6 July 2005.",),
        why="the window ran out", finding=finding,
    )
    return replace(base, **changes)


def payload(body: bytes = DOCKET, name: str = "lien-NY-123.html", content_type: str = "text/html") -> Attachment:
    return Attachment(name, content_type, body)
