"""The search tables' formats."""
