from hypothesis import given
from hypothesis import strategies as st

from monitoring.sources.footers import ANY, Footer, RowGroup
from monitoring.sources.keys import CircuitKey, KeyRange
from monitoring.sources.plan import MAX_DECODED, plan
from monitoring.sources.tables import StoredFile

TEXTS = st.text(alphabet="AB1", max_size=3)
KEYS = st.builds(CircuitKey, TEXTS, TEXTS)
FLEETS = st.sets(KEYS, min_size=1, max_size=30).map(sorted)


def _footer(*groups: RowGroup) -> Footer:
    return Footer(StoredFile("f", {}, None), None, frozenset(), groups, 0.0)  # type: ignore[arg-type]


def _range(pair: tuple[CircuitKey, CircuitKey]) -> KeyRange:
    return KeyRange.between(min(pair), max(pair))


GROUPS = st.lists(
    st.builds(
        RowGroup, st.just(0), st.integers(1, 50), st.tuples(KEYS, KEYS).map(_range) | st.just(ANY)
    ),
    min_size=1,
    max_size=12,
)


@given(keys=FLEETS, groups=GROUPS, memory=st.integers(1, 300), stranger=KEYS)
def test_every_key_is_in_one_batch_and_every_stranger_too(
    keys: list[CircuitKey], groups: list[RowGroup], memory: int, stranger: CircuitKey
) -> None:
    batches = plan([_footer(*groups)], keys, 1, memory).batches

    assert [key for batch in batches for key in batch.keys] == keys
    for key in [*keys, stranger]:
        assert sum(key in batch.range for batch in batches) == 1
    assert all(key in batch.range for batch in batches for key in batch.keys)


@given(keys=FLEETS, memory=st.integers(3, 40))
def test_sorted_row_groups_are_read_once_and_within_memory(
    keys: list[CircuitKey], memory: int
) -> None:
    groups = [RowGroup(n, 3, KeyRange.between(key, key)) for n, key in enumerate(keys)]

    made = plan([_footer(*groups)], keys, 1, memory)

    assert not made.through_scratch
    for batch in made.batches:
        assert 3 * len(batch.keys) <= memory


@given(keys=FLEETS, groups=GROUPS, memory=st.integers(1, 300))
def test_without_scratch_no_row_is_decoded_often(
    keys: list[CircuitKey], groups: list[RowGroup], memory: int
) -> None:
    made = plan([_footer(*groups)], keys, 1, memory)

    decoded = sum(g.rows for g in groups for b in made.batches if g.keys.overlaps(b.range))
    rows = sum(group.rows for group in groups)
    assert made.through_scratch or decoded <= MAX_DECODED * rows


def test_a_fleet_that_cannot_be_pruned_goes_through_scratch_only_if_it_is_large() -> None:
    keys = [CircuitKey("P", str(n)) for n in range(8)]
    footer = _footer(RowGroup(0, 800, ANY))

    assert len(plan([footer], keys, 1, 200).batches) == 1
    large = plan([footer], keys, 1, 100)
    assert (large.through_scratch, len(large.batches)) == (True, 8)
