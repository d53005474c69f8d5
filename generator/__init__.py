"""From a fleet's YAML to reviewed Bicep: parse, validate, resolve, render.

Everything here but `source.read_text` and `output` is pure: no network, no clock, no randomness.
"""
