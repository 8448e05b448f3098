"""Where the ledger's bytes stand: one small port, an engine in memory and one on SQL (SQLite, PostgreSQL)."""
