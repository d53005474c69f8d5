"""Long values are shortened where they are alike, not where they differ."""

from hypothesis import given
from hypothesis import strategies as st

from deployment.excerpt import apart, shortened

GROUP = "/subscriptions/0000/resourceGroups/{}/providers/Microsoft.Insights/actionGroups/{}"


def test_ids_keep_their_end() -> None:
    assert shortened(GROUP.format("rg", "ag"), f'["{GROUP.format("rg", "evil")}"]') == (
        "…/actionGroups/ag",
        '["…/actionGroups/evil"]',
    )


def test_ids_that_end_alike_are_longer() -> None:
    assert shortened(GROUP.format("rg", "ag"), GROUP.format("evil", "ag")) == (
        "…/resourceGroups/rg/providers/Microsoft.Insights/actionGroups/ag",
        "…/resourceGroups/evil/providers/Microsoft.Insights/actionGroups/ag",
    )


def test_long_lines_lose_the_beginning_that_both_have() -> None:
    before, after = apart("x" * 200 + "1", "x" * 200 + "2", 60)

    assert (before, after) == (f"…{'x' * 20}1", f"…{'x' * 20}2")


names = st.text("aB-", min_size=1, max_size=3)
texts = st.lists(st.builds(GROUP.format, names, names) | names).map(" ".join)


@given(texts, texts)
def test_texts_that_differ_differ_when_they_are_shortened(before: str, after: str) -> None:
    told = apart(before, after, 60)

    assert (told[0] == told[1]) == (before == after)
