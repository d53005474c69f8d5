"""The expanding notation: promtool's examples, and what holds for every sequence."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from evaluator.rule_tests.notation import MAX_SAMPLES, NotationError, Step, expand

# docs/configuration/unit_testing_rules.md of Prometheus, and one of each addition.
EXAMPLES: dict[str, list[Step]] = {
    "-2+4x3": [(-2,), (2,), (6,), (10,)],
    " 1-2x4": [(1,), (-1,), (-3,), (-5,), (-7,)],
    "1x4": [(1,)] * 5,
    "4x2": [(4,)] * 3,
    "1 _x3": [(1,), None, None, None],
    "1 _ _x0 2": [(1,), None, (2,)],
    "0+10x1": [(0,), (10,)],
    "0.1+0.1x2": [(0.1,), (0.2,), (0.3,)],
    "1e2+5e-1x1": [(100,), (100.5,)],
    "7x0": [(7,)],
    "5!2 6": [(5, 5), (6,)],
    "1+1x1!2": [(1, 1), (2, 2)],
    "Inf -Inf": [(float("inf"),), (float("-inf"),)],
}


@pytest.mark.parametrize("text", EXAMPLES)
def test_an_example_expands_as_documented(text: str) -> None:
    assert expand(text, "") == EXAMPLES[text]


def test_whole_numbers_stay_whole_for_columns_of_longs() -> None:
    assert all(isinstance(sample, int) for step in expand("1+2x3 4.0", "") for sample in step or ())


NUMBERS = st.decimals(-1000, 1000, places=2).map(lambda number: number.normalize())
COUNTS = st.integers(0, 30)


@given(NUMBERS, NUMBERS, COUNTS)
def test_a_ramp_has_one_sample_more_than_its_count_and_ends_exactly(
    first: Decimal, increment: Decimal, count: int
) -> None:
    sign = "-" if increment < 0 else "+"
    steps = expand(f"{first:f}{sign}{abs(increment):f}x{count}", "")

    assert len(steps) == count + 1
    assert steps[0] == (float(first),)
    assert steps[-1] == (float(first + increment * count),)


ITEMS = st.one_of(
    NUMBERS.map(lambda n: f"{n:f}"),
    st.tuples(NUMBERS, COUNTS).map(lambda t: f"{t[0]:f}x{t[1]}"),
    COUNTS.map(lambda n: f"_x{n}"),
    st.tuples(NUMBERS, COUNTS, st.integers(1, 5)).map(lambda t: f"{t[0]:f}x{t[1]}!{t[2]}"),
)


@given(st.lists(ITEMS, min_size=1), st.lists(ITEMS, min_size=1))
def test_sequences_side_by_side_expand_to_both(left: list[str], right: list[str]) -> None:
    def expanded(items: list[str]) -> list[Step]:
        return expand(" ".join(["1", *items]), "")[1:]

    assert expanded(left + right) == expanded(left) + expanded(right)


@given(NUMBERS, NUMBERS, COUNTS, st.text(max_size=5))
def test_random_samples_lie_between_their_ends_and_are_the_same_again(
    one: Decimal, other: Decimal, count: int, seed: str
) -> None:
    low, high = sorted((one, other))
    text = f"~{low:f}..{high:f}x{count}!2"

    steps = expand(text, seed)

    assert len(steps) == count + 1
    assert all(float(low) <= s <= float(high) for step in steps for s in step or ())
    assert steps == expand(text, seed)


def test_another_seed_and_another_item_give_other_random_samples() -> None:
    first, second = expand("~0..1 ~0..1", "a")

    assert first != second
    assert expand("~0..1 ~0..1", "b") != [first, second]


WRONG = {
    "1 2y3 4": (2, 5, "`2y3` is no sample"),
    "1+1": (0, 3, "`1+1` does not say how often to go on"),
    "1x": (0, 2, "`1x` is no sample"),
    "1+-2x3": (0, 6, "`1+-2x3` is no sample"),
    "0 ~2..1": (2, 7, "the lower end is above the upper end"),
    "~0..Inf": (0, 7, "`Inf` cannot be added to or drawn from"),
    "NaN+1x2": (0, 7, "`NaN` cannot be added to or drawn from"),
    "_!2": (0, 3, "a gap has no rows to repeat"),
    "1!0": (0, 3, "`!0` leaves no row"),
    "stale": (0, 5, "`stale` is no sample"),
    "_x0": (0, 3, "there is no sample"),
    "": (0, 0, "there is no sample"),
}


@pytest.mark.parametrize("text", WRONG)
def test_what_is_no_sequence_is_refused_at_the_wrong_item(text: str) -> None:
    start, end, message = WRONG[text]

    with pytest.raises(NotationError) as raised:
        expand(text, "")

    assert (raised.value.start, raised.value.end, str(raised.value)) == (start, end, message)


@pytest.mark.parametrize("text", ["1x999999999", "1!999999999", "1x999 2x9999!100", "_x999999999"])
def test_a_sequence_beyond_the_limit_is_refused_before_it_is_made(text: str) -> None:
    with pytest.raises(NotationError, match=r"more than the 1,000,000 that are made"):
        expand(text, "")


def test_a_sequence_of_just_the_limit_is_made() -> None:
    assert len(expand(f"1x{MAX_SAMPLES - 1}", "")) == MAX_SAMPLES


@given(st.text(alphabet="0123456789.+-x!_~ eINa", max_size=20))
def test_any_text_is_expanded_or_refused_within_itself(text: str) -> None:
    try:
        steps, place = expand(text, ""), (0, 0)
    except NotationError as error:
        steps, place = [], (error.start, error.end)

    assert 0 <= place[0] <= place[1] <= len(text)
    assert sum(len(step or ()) for step in steps) <= MAX_SAMPLES
