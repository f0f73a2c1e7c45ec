"""The ledger protocol in Python (docs/protocol.md): pure functions on bytes and plain data, no I/O, no clock.

From the bottom up: `hashes`, `hexes`, `pointers` · `canonical` (strict JSON, RFC 8785) · `disclosure`,
`commitments` (digest, selective disclosure) · `merkle`, `leaf` (the batch tree) · `log_tree` (cargo streams)
· `eip712`, `signatures`, `typed_data` (acts) · `bundle` (the file) · `facts`, `comparison`, `steps`, `check`
(the verdict).
"""
