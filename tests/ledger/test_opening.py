from __future__ import annotations

import sqlite3
import stat
import threading
from contextlib import closing
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory

from monitor.ledger import Ledger, LedgerError, connect, tables
from tests.ledger.samples import NOTE, T0, after


def dump(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as raw:
        return list(raw.iterdump())


def refused(path: Path | str, **how: object) -> str:
    with pytest.raises(LedgerError) as error:
        Ledger.open(path, **{"mode": "real", "at": T0, **how})  # type: ignore[arg-type]
    line = str(error.value)
    assert "\n" not in line
    assert "Traceback" not in line
    return line


def test_a_new_ledger_is_durable_private_and_guarded(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0) as ledger, ledger.write() as tx:
        said = {name: tx._conn.exec_driver_sql(f"PRAGMA {name}").scalar()
                for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")}
    assert said == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 10_000}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_migrating_twice_changes_nothing(path: Path) -> None:
    Ledger.open(path, mode="real", at=T0).close()
    before = dump(path)
    Ledger.open(path, mode="real", at=after(1)).close()
    assert dump(path) == before


def test_the_migrations_make_exactly_the_tables_that_the_program_uses(ledger: Ledger) -> None:
    with ledger._engine.connect() as conn:
        assert compare_metadata(MigrationContext.configure(conn), tables.metadata) == []


def test_the_newest_migration_is_the_one_that_opening_expects() -> None:
    folder = Path(connect.__file__).parent / "migrations"
    revisions = {s.revision for s in ScriptDirectory(str(folder)).walk_revisions()}
    assert ScriptDirectory(str(folder)).get_heads() == [connect.HEAD]
    assert revisions == connect.KNOWN


def test_a_ledger_of_an_older_program_is_migrated_and_keeps_its_record(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0) as ledger:
        with ledger.write() as tx:
            tx.add_poll("edgar", T0, "ok")
        ledger.seal(T0)
        before = ledger.counts()
    with closing(sqlite3.connect(path)) as raw:  # as 0001 left it: the table and its guards did not exist
        raw.execute("DROP TABLE exhibits")
        raw.execute("UPDATE alembic_version SET version_num = '0001'")
        raw.commit()
    with Ledger.open(path, mode="real", at=after(1)) as ledger:
        assert ledger.counts() == before
        assert ledger.verify().ok
        with ledger._engine.connect() as conn:
            assert compare_metadata(MigrationContext.configure(conn), tables.metadata) == []


def test_a_ledger_keeps_its_mode_for_good(tmp_path: Path) -> None:
    Ledger.open(tmp_path / "real.db", mode="real", at=T0).close()
    Ledger.open(tmp_path / "demo.db", mode="simulated", at=T0).close()
    assert "it is real, and real ledgers take no simulated time" in refused(tmp_path / "real.db", mode="simulated")
    assert "it is simulated, and simulated ledgers take no real time" in refused(tmp_path / "demo.db")
    with Ledger.open(tmp_path / "demo.db", mode=None, at=T0) as either:
        assert either.mode == "simulated"


def test_without_a_mode_nothing_is_made(path: Path) -> None:
    assert "there is no such file" in refused(path, mode=None)
    assert "there is no such file" in refused(path, create=False)
    assert not path.exists()


def test_a_folder_that_does_not_exist_is_named(tmp_path: Path) -> None:
    assert "No such file or directory" in refused(tmp_path / "nowhere" / "ledger.db")


def test_a_folder_in_place_of_the_file_is_refused(tmp_path: Path) -> None:
    assert "it cannot be opened" in refused(tmp_path)


def test_a_text_file_in_place_of_the_ledger_is_refused_and_left_alone(path: Path) -> None:
    text = "This is a letter to counsel, not a ledger.\n" * 50
    path.write_text(text)
    assert "this is not a covenantd ledger" in refused(path)
    assert path.read_text() == text


def test_the_database_of_another_program_is_refused_and_left_alone(path: Path) -> None:
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("CREATE TABLE cookies (a)")
    before = path.read_bytes()
    assert "the database of another program" in refused(path)
    assert path.read_bytes() == before


def test_a_record_that_cannot_be_read_is_one_line(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0) as ledger:
        with ledger.write() as tx:
            tx.add_poll("edgar", T0, "ok")
        with closing(sqlite3.connect(path)) as raw:
            raw.execute("DROP TRIGGER polls_no_update")
            raw.execute("UPDATE polls SET errors = '[1'")
            raw.commit()
        with pytest.raises(LedgerError, match="a stored record cannot be read"):
            ledger.last_polls()


def test_a_damaged_ledger_is_one_line_and_never_a_wrong_answer(path: Path) -> None:
    with Ledger.open(path, mode="real", at=T0) as ledger:
        for n in range(200):
            with ledger.write() as tx:
                tx.add_poll(f"feed{n}", T0, "ok", error="x" * 500)
        ledger.seal(T0)
    body = bytearray(path.read_bytes())
    body[4096 * 8 :] = bytes(0x5A for _ in body[4096 * 8 :])
    path.write_bytes(body)
    with pytest.raises(LedgerError) as error, Ledger.open(path, mode="real", at=T0) as damaged:
        damaged.verify()
    assert "it is damaged. Put back a backup" in str(error.value)


def test_a_ledger_of_a_newer_program_is_refused_and_left_alone(path: Path) -> None:
    Ledger.open(path, mode="real", at=T0).close()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("UPDATE alembic_version SET version_num = '0999'")
        raw.commit()
    before = dump(path)
    assert f"written by a newer covenantd (schema 0999, this one knows {connect.HEAD})" in refused(path)
    assert dump(path) == before


def test_postgresql_is_refused_without_showing_its_password() -> None:
    line = refused("postgresql://user:secret@example.org/ledger")
    assert "only SQLite is supported yet" in line
    assert "secret" not in line


def test_a_sqlite_url_is_the_file_it_names(path: Path) -> None:
    Ledger.open(f"sqlite:///{path}", mode="real", at=T0).close()
    assert path.exists()


def test_an_error_in_the_middle_of_a_transaction_leaves_nothing_behind(ledger: Ledger) -> None:
    def fail() -> None:
        with ledger.write() as tx:
            tx.add_poll("edgar", T0, "ok")
            tx.set_due(NOTE, "evaluate", T0)
            raise KeyError("something else broke")

    before = ledger.counts()
    with pytest.raises(KeyError):
        fail()
    assert ledger.counts() == before
    assert ledger.next_due() is None


def test_a_transaction_inside_another_is_refused_instead_of_waiting_for_itself(ledger: Ledger) -> None:
    with ledger.write(), pytest.raises(LedgerError, match="begun inside another"), ledger.write():
        pytest.fail("the inner transaction began")
    with ledger.write() as tx:
        tx.add_poll("edgar", T0, "ok")
    assert ledger.counts().polls == 1


def test_threads_write_one_after_the_other_and_nothing_is_lost(ledger: Ledger) -> None:
    failures: list[BaseException] = []

    def work(name: str) -> None:
        try:
            for n in range(20):
                with ledger.write() as tx:
                    tx.add_poll(name, after(n), "ok")
                ledger.last_polls()
        except LedgerError as error:
            failures.append(error)

    threads = [threading.Thread(target=work, args=(f"feed{n}",)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert ledger.counts().polls == 120
    assert ledger.seal(T0) == 121
    assert ledger.verify().ok
