"""Reasons are sentences also without the circuit's name."""

import pytest

from monitoring.reasons import without_key


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        ("P/C: it is 30%. P/C: the window has no row.", "It is 30%. The window has no row."),
        ("Bad. P/C flow rate: the same for 6.0 h.", "Bad. Feature flow rate: the same for 6.0 h."),
        ("P/C has no row. Bad: P/C2.", "has no row. Bad: P/C2."),
        ("P/C.x: 1", "P/C.x: 1"),
        ("", ""),
    ],
)
def test_sentences_begin_with_a_capital_letter(reason: str, told: str) -> None:
    assert without_key(reason, "P/C") == told
