"""The files of a new private folder (``covenantd init``): config.yaml and one note, consistent with each other.

What the note requires to have been read is either read by a feed that config.yaml configures, or named as a search that
a person orders and states. ``covenantd status`` lists the latter: nobody else watches them.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from monitor.cli.init_answers import Answers, slug

FOLDERS = ("instruments", "evidence", "statements", "bank", "dockets", "var", "outbox")


def write(folder: Path, said: Answers, *, example: bool) -> None:
    """Everything of this user alone: folders 0700, files 0600."""
    folder.chmod(0o700)
    for name in FOLDERS:
        (folder / name).mkdir(mode=0o700)
    for name, text in (
        ("config.yaml", config_text(said)), (f"instruments/{slug(said.id)}.yaml", instrument_text(said, example)),
        (".gitignore", "# The ledger and the alerts: private, and larger than a repository wants.\nvar/\noutbox/\n"),
    ):
        handle = os.open(folder / name, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)


def quoted(text: str) -> str:
    """Text as YAML that means exactly that text."""
    return json.dumps(text, ensure_ascii=False)


def instrument_text(said: Answers, example: bool) -> str:
    listed = "none" if said.listed == "none" else "[" + ", ".join(p.strip() for p in said.listed.split(",")) + "]"
    head = "# EXAMPLE VALUES: none of this is your note. Change every line before you rely on an alert.\n"
    head = head if example else ""
    return f"""{head}# One note. Compare every line with the note itself; `covenantd check` finds what does not fit.
instrument: {slug(said.id)}
title: {quoted(said.title)}
form: {said.form} # whose clauses it uses
maker:
  id: {slug(said.maker)}
  name: {quoted(said.maker)} # the exact name: sources are searched for it
  state: {quoted(said.state)}
{f"  cik: {quoted(said.cik)}" if said.cik else '  # cik: "0001009672" # its SEC number, for the feed edgar'}
payee:
  id: {slug(said.payee)}
  name: {quoted(said.payee)}
loan:
  principal: {said.principal}
  currency: USD
  rate: {said.rate}
  day_count: ACT/360
  dated: {said.dated}
  interest_paid: monthly
  first_payment: {said.first_payment}
  maturity: {said.maturity}
listed_at_issue: {listed} # on the note's date; ids of rules/venues.yaml
readings: {{}} # another reading than the house's: rules/readings.yaml has them all
# What must have been read for a limb to be verified. A source that ends in _search is read by no feed: order the search
# and state its result, also a clear one (`covenantd attest source_read`); `covenantd status` lists them.
sources:
  listing: [{"edgar" if said.edgar else "listing_search"}]{"" if said.edgar else " # edgar, once config.yaml reads it"}
  liens:
    - {{source: ucc_search, jurisdiction: {quoted(said.state)}}} # financing statements: where the maker is organised
    - {{source: lien_search, jurisdiction: {quoted(said.assets_in)}}} # tax liens, levies: where its assets are
  judgments: [{{source: judgment_search, jurisdiction: {quoted(said.assets_in)}}}]
  bankruptcy: [court_docket]
  payments: [payments]
  indebtedness: [attested]
  company: [attested]
next_step:
  default: [Call counsel before writing to the maker.]
"""


def config_text(said: Answers) -> str:
    edgar = f"""  edgar:
    source: live
    user_agent: {quoted(said.sec_contact)} # the SEC wants to know who asks
"""
    if not said.edgar:
        edgar = """  # edgar: # give the maker a `cik` first
  #   source: live
  #   user_agent: Your Company you@example.com # the SEC wants to know who asks
"""
    mail = f"""  email:
    host: {quoted(said.smtp_host)}
    port: 587
    sender: {quoted(said.sender)}
    to: [{", ".join(quoted(p.strip()) for p in said.to.split(","))}]
""" + (f"""    username: {quoted(said.smtp_user)}
    password_env: COVENANTD_SMTP_PASSWORD # the variable that holds it, never the password itself
""" if said.smtp_user else "")
    if not said.smtp_host:
        mail = """  # email:
  #   host: smtp.example.com
  #   sender: covenantd <alerts@example.com>
  #   to: [holder@example.com, counsel@example.com]
  #   username: alerts@example.com
  #   password_env: COVENANTD_SMTP_PASSWORD # the variable that holds it, never the password itself
"""
    return f"""# What is watched, from which sources, who is told. Paths are relative to this file. No secrets here.
ledger: var/ledger.sqlite
instruments: [instruments/{slug(said.id)}.yaml]

feeds:
  attested: # your own statements (`covenantd attest` writes into the ledger; YAML files here are read too)
    source: {{recorded: statements}}
  payments: # the bank's CSV files, as you save them
    source: {{recorded: bank}}
    date_order: mdy
  court_docket: # docket reports, saved there as HTML
    source: live
    saved_pages: dockets
{edgar}  # court_rss: {{source: live, courts: [deb, nysb]}} # the courts in which a case of the maker would be
  # acris: {{source: live}} # New York City's register; add {{source: acris, jurisdiction: NY}} to `liens` of the note

channels:
  terminal:
  file: {{folder: outbox}} # .eml and .json: every alert, also when no server can be reached
{mail}  # slack: {{url_env: COVENANTD_SLACK_URL}}

reminders: {{zone: America/New_York, at: "07:00", days_before: [10, 5, 2, 1, 0]}}
"""
