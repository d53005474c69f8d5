"""What drift rules do on data without faults, and on the same data with faults put in.

`faults` makes the faults, `rules` and `other_tools` are what is compared, `null` counts alarms on
days as they were, `detection` on days with a fault, `tables` shows both.
"""
