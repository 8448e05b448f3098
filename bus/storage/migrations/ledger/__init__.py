"""The ledger's formats."""
