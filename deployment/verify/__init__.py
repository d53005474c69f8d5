"""Compares what Azure holds with what was rendered, resource by resource."""
