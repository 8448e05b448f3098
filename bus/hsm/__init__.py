"""One token of a hardware security module: its own process, what goes there and back, its queue and restarts.

Nothing stands in this file, so that the token's process imports no more than it needs and starts at once.
"""
