"""The evidence archive's formats."""
