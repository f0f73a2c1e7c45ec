"""What the service says about its own running: log lines and metrics, neither with anybody's data in it."""
