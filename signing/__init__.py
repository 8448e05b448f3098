"""Seals, chains, Merkle trees and checkpoints: bytes in, verdicts out.

Promises: no I/O and no clock; a failed check is a `Verdict`, a broken call is an error; the only package (with
`bus.net`) that touches cryptography. Import from the modules: `signing.jws`, `signing.chain`, `signing.merkle`.
"""
