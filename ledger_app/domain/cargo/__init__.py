"""Cargo events: EPCIS 2.0 read, checked and hashed. Pure; their streams are `proof.log_tree`."""
