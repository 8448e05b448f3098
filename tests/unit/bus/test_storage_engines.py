"""Every engine passes the one storage contract."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest
from postgresql_kit import needs_postgresql, own_schema

from bus.storage.kinds import create_store, open_store
from bus.storage.memory import MemoryStore
from bus.storage.port import StoreError
from bus.storage.testing import NOW_MS, StoreContract, batch, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bus.storage.port import Store


class TestMemory(StoreContract):
    @pytest.fixture(autouse=True)
    def _place(self) -> None:
        self._first = MemoryStore("ledger.test")

    def make(self) -> Store:
        return self._first.reopened()


class TestSqlite(StoreContract):
    @pytest.fixture(autouse=True)
    def _place(self, tmp_path: Path) -> Iterator[None]:
        self._url = f"sqlite:///{tmp_path}/ledger.db"
        create_store(self._url, "ledger.test")
        self._opened: list[Store] = []
        yield
        for store in self._opened:
            store.close()

    def make(self) -> Store:
        self._opened.append(open_store(self._url))
        return self._opened[-1]

    def test_only_its_owner_may_read_the_file(self, tmp_path: Path):
        assert stat.S_IMODE((tmp_path / "ledger.db").stat().st_mode) == 0o600

    def test_the_engine_syncs_on_every_commit(self):
        store = self.make()
        with store._engine.connect() as connection:
            assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == 2
            assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"

    def test_erased_bytes_are_in_no_file(self, tmp_path: Path):
        store = self.make()
        store.append(batch(entry(0, details=b"erase-me-please" * 50)), store.take_over(NOW_MS))
        store.erase([0])
        assert not any(b"erase-me" in path.read_bytes() for path in tmp_path.iterdir())


@needs_postgresql
class TestPostgresql(StoreContract):
    @pytest.fixture(autouse=True)
    def _place(self) -> Iterator[None]:
        with own_schema() as self._url:
            create_store(self._url, "ledger.test")
            self._opened: list[Store] = []
            yield
            for store in self._opened:
                store.close()

    def make(self) -> Store:
        self._opened.append(open_store(self._url))
        return self._opened[-1]

    def test_a_commit_waits_for_the_disk(self):
        store = self.make()
        with store._engine.connect() as connection:
            assert connection.exec_driver_sql("SHOW synchronous_commit").scalar() == "on"

    def test_a_holder_whose_session_is_gone_holds_nothing_and_writes_nothing(self):
        old, new = self.make(), self.make()
        head = old.take_over(NOW_MS)
        backend = old._writing_connection().connection.driver_connection.info.backend_pid
        with new._engine.connect() as connection:
            connection.exec_driver_sql(f"SELECT pg_terminate_backend({backend}, 10000)")
        assert new.take_over(NOW_MS).term == 2
        with pytest.raises(StoreError):
            old.append(batch(entry(0)), head)
        assert new.head().size == 0
