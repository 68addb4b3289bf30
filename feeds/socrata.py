"""Rows of a Socrata data set (SODA 2.1), paged in a stable order. https://dev.socrata.com/docs/paging.html

Errors are JSON bodies with ``message``; 202 means that the answer is being prepared; absent fields are nulls.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from feeds.base import FeedChanged, FeedFailed, Http
from monitor.http import HttpResponse

PAGE = 1000
MOST_PAGES = 200
ADVICE = {403: " Check app_token.", 404: " Check the data set's id.", 429: " Set app_token."}

Row = Mapping[str, str]


def rows(http: Http, site: str, dataset: str, query: Mapping[str, str], token: str = "") -> list[Row]:
    """Every row that ``query`` ($where, $select) gives, in the order of ``:id``.

    Raises FeedFailed (not ready, refused, no such data set), FeedChanged when the answer is not a list of rows.
    """
    found: list[Row] = []
    for page in range(MOST_PAGES):
        paging = {"$limit": str(PAGE), "$offset": str(page * PAGE)}
        if "$select" not in query:  # an aggregate has no :id
            paging["$order"] = ":id"
        headers = {"Accept": "application/json"} | ({"X-App-Token": token} if token else {})
        answer = http.get(f"{site}/resource/{dataset}.json", params={**query, **paging}, headers=headers)
        new = _read(answer, dataset)
        found += new
        if len(new) < PAGE:
            return found
    raise FeedFailed(f"{dataset}: more than {PAGE * MOST_PAGES:,} rows. Narrow the names that are looked for.")


def quoted(text: str) -> str:
    """A SoQL string literal."""
    return "'" + text.replace("'", "''") + "'"


def _read(answer: HttpResponse, dataset: str) -> list[Row]:
    if answer.status == 202:
        raise FeedFailed(f"{dataset}: the data set is not ready (HTTP 202). It is asked again at the next poll.")
    try:
        body: Any = json.loads(answer.body)
    except ValueError:
        body = None
    if answer.status != 200:
        said = str(body.get("message") or "") if isinstance(body, dict) else ""
        what = f"HTTP {answer.status}{': ' + said[:120] if said else ''}"
        raise FeedFailed(f"{dataset}: Socrata answered {what}.{ADVICE.get(answer.status, '')}")
    if not isinstance(body, list) or not all(isinstance(row, dict) for row in body):
        raise FeedChanged(f"{dataset}: Socrata gave no list of rows. Ask again later; report it if it stays so.")
    return [{str(k): "" if v is None else str(v) for k, v in row.items()} for row in body]
