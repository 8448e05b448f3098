"""Every engine passes the one storage contract."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest
import sqlalchemy as sa

from bus.storage.kinds import create_store, open_store
from bus.storage.memory import MemoryStore
from bus.storage.testing import NOW_MS, StoreContract, batch, entry

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bus.storage.port import Store

POSTGRESQL = os.environ.get("LIENTHONG_TEST_POSTGRESQL")


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


@pytest.mark.skipif(not POSTGRESQL, reason="LIENTHONG_TEST_POSTGRESQL names no server")
class TestPostgresql(StoreContract):
    @pytest.fixture(autouse=True)
    def _place(self) -> Iterator[None]:
        self._schema = f"t{os.getpid()}_{id(self):x}"
        base = sa.make_url(str(POSTGRESQL)).set(drivername="postgresql+psycopg")
        admin = sa.create_engine(base)
        with admin.begin() as connection:
            connection.exec_driver_sql(f"CREATE SCHEMA {self._schema}")
        url = base.update_query_dict({"options": f"-csearch_path={self._schema}"})
        self._url = url.render_as_string(hide_password=False)
        create_store(self._url, f"ledger.test/{self._schema}")
        self._opened: list[Store] = []
        yield
        for store in self._opened:
            store.close()
        with admin.begin() as connection:
            connection.exec_driver_sql(f"DROP SCHEMA {self._schema} CASCADE")
        admin.dispose()

    def make(self) -> Store:
        self._opened.append(open_store(self._url))
        return self._opened[-1]
