"""How a node reaches its agency's own systems: one port, one file per kind of system, one contract.

Start at `adapters.port` (what an adapter is), `adapters.kinds` (which kinds there are) and
`adapters.testing` (what every one of them must do). `docs/adapters.md` is the integrator's manual.
"""
