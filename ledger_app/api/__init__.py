"""The HTTP API under `/v1`: one router a resource; errors become problems in one place (`problems`)."""
