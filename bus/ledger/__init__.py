"""The tamper-evident record of every exchange: durable append, group commit, checkpoints.

`port` is what the hub sees; `memory` is the specification; `sequencer` the durable one; `server` and `client`
share one ledger process between hub workers.
"""
