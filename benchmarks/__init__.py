"""Benchmarks: scripts that print both sides of a comparison from one run; never gates in tests."""
