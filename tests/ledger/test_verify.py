from __future__ import annotations

import hashlib
import json
import shutil
import sqlite3
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from monitor.ledger import Ledger, Report, tables
from monitor.ledger.record import record_digest
from monitor.ledger.seal import seal_digest
from tests.ledger.samples import FILE, NOTE, T0, after, alert, evaluate, finding, lien, worded


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A ledger with something in every record table, sealed in two seals."""
    path = tmp_path_factory.mktemp("ledger") / "template.db"
    with Ledger.open(path, mode="real", at=T0) as ledger:
        with ledger.write() as tx:
            payload = tx.add_payload(b"payload " * 50, feed="acris", name="p", url="u", captured_at=T0)
            facts = tx.add_facts([lien(f"NY-{n}") for n in range(5)], payload, {"NY-1": "text"})
            tx.add_exhibit(facts[0].id, "lien.pdf", payload, T0)
            tx.add_poll("acris", T0, "ok", payloads=[payload], through=T0)
            tx.keep_file("forms/x.yaml", b"form: x", T0)
            tx.enrol(NOTE, digest="aa", at=T0)
        assert ledger.seal(after(1)) == 12
        with ledger.write() as tx:
            evaluate(tx, finding())
            tx.add_alert(alert(), [FILE], T0)
            tx.record_attempt(alert().id, "file", at=T0, outcome="sent", sent=b"eml", reply="1.eml")
            tx.open_review("i1", instrument=NOTE, title="t", hint=lien(), at=T0)
            tx.decide("i1", "confirm", who="Ann", reason="seen", at=after(1))
            tx.acknowledge(alert().id, who="Ann", note="", at=after(1))
        assert ledger.seal(after(2)) == 8
    return path


@pytest.fixture
def filled(template: Path, path: Path) -> Path:
    return Path(shutil.copy(template, path))


@contextmanager
def tampering(path: Path) -> Iterator[sqlite3.Connection]:
    """The file as someone sees it who goes round the program: guards and foreign keys off."""
    with closing(sqlite3.connect(path)) as raw:
        guards = raw.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'").fetchall()
        for name, _ in guards:
            raw.execute(f"DROP TRIGGER {name}")
        yield raw
        for _, sql in guards:
            raw.execute(sql)
        raw.commit()


def report(path: Path) -> Report:
    with Ledger.open(path, mode=None, at=T0) as ledger:
        return ledger.verify()


def test_an_untouched_ledger_verifies(filled: Path) -> None:
    found = report(filled)
    assert found.ok
    assert (found.records, found.sealed, found.unsealed, found.seals) == (20, 20, 0, 2)
    assert len(found.head) == 64


def test_every_record_table_is_covered_by_this_file(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as raw:
        for table in tables.RECORDS:
            assert raw.execute(f"SELECT count(*) FROM {table.name}").fetchone()[0] > 0, table.name


def test_records_not_yet_sealed_are_reported_and_are_no_problem(filled: Path) -> None:
    with Ledger.open(filled, mode="real", at=T0) as ledger:
        with ledger.write() as tx:
            tx.add_poll("acris", after(3), "failed", error="no answer")
        found = ledger.verify()
        assert (found.ok, found.unsealed, found.sealed) == (True, 1, 20)
        assert ledger.seal(after(4)) == 1
        assert ledger.seal(after(5)) == 0
        assert ledger.verify().seals == 3


def test_the_guards_refuse_to_change_or_delete_a_record(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as raw:
        for table in tables.APPEND_ONLY:
            for act in (f"UPDATE {table.name} SET sha256 = 'x'", f"DELETE FROM {table.name}"):
                with pytest.raises(sqlite3.IntegrityError, match=f"{table.name} is append-only"):
                    raw.execute(act)
    assert report(filled).ok


@pytest.mark.parametrize(
    ("table", "column"),
    [(t.name, c.name) for t in tables.RECORDS for c in t.columns if c.name not in ("seq", "sha256")],
)
def test_one_changed_value_in_any_column_is_found(filled: Path, table: str, column: str) -> None:
    with Ledger.open(filled, mode="real", at=T0) as ledger, tampering(filled) as raw:
        value = raw.execute(f"SELECT {column} FROM {table} ORDER BY seq LIMIT 1").fetchone()[0]
        if isinstance(value, bytes):
            changed: object = value[:-6] + bytes([value[-6] ^ 1]) + value[-5:]
        elif isinstance(value, int):
            changed = value + 1
        else:
            changed = f"{value or ''}x"
        raw.execute(f"UPDATE {table} SET {column} = ? WHERE seq = (SELECT min(seq) FROM {table})", (changed,))
        raw.commit()
        found = ledger.verify()
    assert any(line.startswith(table) and ("altered" in line or "cannot be read" in line) for line in found.problems)


@pytest.mark.parametrize("table", [t.name for t in tables.RECORDS])
def test_a_deleted_record_is_found_sealed_or_not(filled: Path, table: str) -> None:
    with tampering(filled) as raw:
        digest = raw.execute(f"SELECT sha256 FROM {table} ORDER BY seq DESC").fetchone()[0]
        raw.execute(f"DELETE FROM {table} WHERE sha256 = ?", (digest,))
    if table == "meta":
        with closing(sqlite3.connect(filled)) as raw:
            assert raw.execute("SELECT count(*) FROM meta").fetchone() == (0,)
        with Ledger.open(filled, mode="real", at=after(9)) as ledger:
            assert f"meta {digest[:12]}: is missing" in ledger.verify().problems
    else:
        assert f"{table} {digest[:12]}: is missing" in report(filled).problems


def test_a_deleted_record_that_still_waited_for_its_seal_is_found(filled: Path) -> None:
    with Ledger.open(filled, mode="real", at=T0) as ledger, ledger.write() as tx:
        tx.add_facts([worded(lien("NY-0"), "1", after(3))])
    with tampering(filled) as raw:
        raw.execute("DELETE FROM facts WHERE seq = (SELECT max(seq) FROM facts)")
    (line,) = report(filled).problems
    assert "facts" in line
    assert "is missing" in line


@pytest.mark.parametrize("seq", [9_999, -5], ids=["after the last", "before the first"])
def test_an_inserted_record_with_a_right_digest_is_found(filled: Path, seq: int) -> None:
    row = {"feed": "acris", "started_at": "2026-03-01T00:00:00.000000Z", "outcome": "ok", "error": "", "payloads": "[]",
           "records": 0, "unmapped": "[]", "errors": "[]", "through": None}
    row |= {"seq": seq, "sha256": record_digest(tables.polls, row)}
    with tampering(filled) as raw:
        raw.execute(f"INSERT INTO polls ({', '.join(row)}) VALUES ({', '.join(':' + n for n in row)})", row)
    (line,) = report(filled).problems
    assert line == f"polls {str(row['sha256'])[:12]}: was not written by the ledger (neither sealed nor waiting)"


def test_a_record_changed_together_with_its_digest_is_found(filled: Path) -> None:
    with tampering(filled) as raw:
        raw.row_factory = sqlite3.Row
        row = dict(raw.execute("SELECT * FROM polls").fetchone())
        row["outcome"] = "failed"
        raw.execute("UPDATE polls SET outcome = 'failed', sha256 = ?", (record_digest(tables.polls, row),))
    lines = report(filled).problems
    assert len(lines) == 2
    assert "was not written by the ledger" in lines[0]
    assert "is missing" in lines[1]


def test_a_payload_exchanged_for_another_is_found(filled: Path) -> None:
    with tampering(filled) as raw:
        raw.execute("UPDATE payloads SET body = ?", (zlib.compress(b"other bytes"),))
    (line,) = report(filled).problems
    assert line.endswith("its bytes were altered")


def _drop_first(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM seals WHERE number = 1")


def _drop_last(raw: sqlite3.Connection) -> None:
    raw.execute("DELETE FROM seals WHERE number = 2")


def _shorten(raw: sqlite3.Connection) -> None:
    entries = json.loads(raw.execute("SELECT entries FROM seals WHERE number = 1").fetchone()[0])
    raw.execute("UPDATE seals SET entries = ? WHERE number = 1", (json.dumps(entries[1:]),))


def _swap(raw: sqlite3.Connection) -> None:
    entries = json.loads(raw.execute("SELECT entries FROM seals WHERE number = 1").fetchone()[0])
    raw.execute("UPDATE seals SET entries = ? WHERE number = 1", (json.dumps(entries[::-1]),))


def _garble(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE seals SET entries = '[[1' WHERE number = 2")


def _redate(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE seals SET sealed_at = '2020-01-01T00:00:00.000000Z' WHERE number = 2")


def _relink(raw: sqlite3.Connection) -> None:
    raw.execute("UPDATE seals SET previous = ? WHERE number = 2", (hashlib.sha256(b"else").hexdigest(),))


def _rewrite(raw: sqlite3.Connection) -> None:
    """A whole new first seal with a right digest, and the second one linked to it."""
    _, previous, entries, at, _ = raw.execute("SELECT * FROM seals WHERE number = 1").fetchone()
    entries = json.dumps(json.loads(entries)[::-1], separators=(",", ":"))
    digest = seal_digest(1, previous, entries, at)
    raw.execute("UPDATE seals SET entries = ?, sha256 = ? WHERE number = 1", (entries, digest))
    raw.execute("UPDATE seals SET previous = ? WHERE number = 2", (digest,))


@pytest.mark.parametrize(
    ("act", "line"),
    [
        (_drop_first, "seal 2: does not follow"), (_drop_last, "was not written by the ledger"),
        (_shorten, "seal 1: was altered"), (_swap, "seal 1: was altered"), (_garble, "seal 2: its list cannot be read"),
        (_redate, "seal 2: was altered"), (_relink, "seal 2: does not follow"),
        (_rewrite, "seal 2: was altered"),
    ],
)
def test_a_broken_chain_is_found(filled: Path, act: Callable[[sqlite3.Connection], None], line: str) -> None:
    with tampering(filled) as raw:
        act(raw)
    assert any(line in problem for problem in report(filled).problems)


def test_a_removed_guard_is_found(filled: Path) -> None:
    with closing(sqlite3.connect(filled)) as raw:
        raw.execute("DROP TRIGGER facts_no_delete")
        raw.commit()
    assert report(filled).problems == ("facts: its guard against delete has been removed",)


def test_an_alert_taken_out_of_the_outbox_or_marked_sent_without_proof_is_found(filled: Path) -> None:
    with Ledger.open(filled, mode="real", at=T0) as ledger, ledger.write() as tx:
        tx.add_alert(alert("second"), [FILE], T0)
        tx.add_alert(alert("third"), [FILE], T0)
    with closing(sqlite3.connect(filled)) as raw:
        raw.execute("DELETE FROM outbox WHERE alert = ?", (alert("second").id,))
        raw.execute("UPDATE outbox SET state = 'sent' WHERE alert = ?", (alert("third").id,))
        raw.commit()
    assert report(filled).problems == (
        f"outbox: alert {alert('second').id} by file is missing",
        f"outbox: alert {alert('third').id} by file is marked sent, but there is no delivery of it",
    )


def test_equal_histories_give_equal_record_digests_whatever_the_database_numbers_them(tmp_path: Path) -> None:
    def digests(name: str, first: int) -> set[str]:
        with Ledger.open(tmp_path / name, mode="real", at=T0) as ledger:
            for n in (first, 1 - first):
                with ledger.write() as tx:
                    tx.add_poll(f"feed{n}", T0, "ok")
            with ledger.write() as tx:
                return set(tx._conn.exec_driver_sql("SELECT sha256 FROM polls").scalars())

    assert digests("a.db", 0) == digests("b.db", 1)
