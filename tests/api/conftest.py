"""A running world of these tests' own: they ask for everything that is in it."""

from tests.support.shared_world import world, worlds

__all__ = ["world", "worlds"]
