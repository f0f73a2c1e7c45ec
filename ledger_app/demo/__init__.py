"""The demonstration: members with their signers as separate processes, one story, on an embedded chain.

Everything here goes through the service's HTTP API and through real `origin signer` processes: the demo has
no way
of its own to the ledger, and never opens a key.
"""
