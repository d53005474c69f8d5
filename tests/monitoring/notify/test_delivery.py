"""What holds of a run whatever services do: nothing lost, nothing doubled, and an end."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import example, given
from hypothesis import strategies as st

from monitoring.notify.delivery import ANSWER_SECONDS, ATTEMPTS, RUN_SECONDS, deliver
from monitoring.notify.message import Message
from monitoring.notify.outbox import Outbox, Waiting
from monitoring.notify.sending import Concerns, UndeliveredError
from tests.monitoring.notify.conftest import Time

Answer = tuple[float, UndeliveredError | None]
"""Seconds that a service takes, and how it fails."""

FAILURES = st.builds(
    UndeliveredError,
    st.sampled_from(["no", "later"]),
    is_passing=st.booleans(),
    wait=st.none() | st.floats(0, 100),
    concerns=st.sampled_from(Concerns),
)
ANSWERS = st.tuples(st.sampled_from([0.0, 0.5, 20.0, 300.0]), st.none() | FAILURES)


class Scripted:
    """Answers each message by its script, the last answer for ever."""

    def __init__(self, scripts: dict[str, list[Answer]], time: Time) -> None:
        self.accepted: Counter[str] = Counter()
        self.asked: Counter[str] = Counter()
        self._scripts = scripts
        self._time = time

    def send(self, message: Message, seconds: float) -> None:
        assert 0 < seconds <= ANSWER_SECONDS
        script = self._scripts[message.id]
        takes, failure = script[min(self.asked[message.id], len(script) - 1)]
        self.asked[message.id] += 1
        self._time.elapsed += min(takes, seconds)
        if takes > seconds:
            raise UndeliveredError("it hangs", concerns=Concerns.PERHAPS_ALL)
        if failure is not None:
            raise failure
        self.accepted[message.id] += 1

    def close(self) -> None:
        pass


def outbox_with(folder: str, names: list[str]) -> Outbox:
    outbox = Outbox(Path(folder) / "2026-11-20")
    for name in names:
        body = {"text": "text", "html": "<p>text</p>"}
        message = Message(name, "email", f"{name}@x.org", "prod", "2026-11-20", "what", body)
        outbox.put(Waiting(message, datetime(2026, 11, 20, tzinfo=UTC)))
    return outbox


BUSY = UndeliveredError("later", is_passing=True, wait=50.0)
"""With 20 seconds for each answer the third attempt would be after the end of the run."""


@example([[(20.0, BUSY)]])
@given(st.lists(st.lists(ANSWERS, min_size=1, max_size=5), max_size=5))
def test_every_run_ends_in_its_time_and_each_message_is_sent_once_or_kept(
    scripts: list[list[Answer]],
) -> None:
    by_name = {f"m{number}": script for number, script in enumerate(scripts)}
    time = Time()
    sender = Scripted(by_name, time)
    with TemporaryDirectory() as folder:
        outbox = outbox_with(folder, list(by_name))

        outcomes = deliver([(outbox, w) for w in outbox.waiting()], {"email": sender}, time.clock)

        kept = {waiting.message.id: waiting for waiting in outbox.waiting()}
    assert time.elapsed <= RUN_SECONDS
    sent = {outcome.message.id for outcome in outcomes if outcome.state == "sent"}
    assert sent == set(sender.accepted)
    assert set(kept) == set(by_name) - sent
    assert all(number == 1 for number in sender.accepted.values())
    assert all(number <= 2 * ATTEMPTS for number in sender.asked.values())
    assert all(waiting.reason for waiting in kept.values())


@given(st.lists(ANSWERS, min_size=1, max_size=5), st.integers(0, 3))
def test_one_message_alone_keeps_no_other_of_its_service_from_being_sent(
    script: list[Answer], place: int
) -> None:
    """Unless the service cannot be reached at all, which is about every message."""
    bad = [a for a in script if a[1] is None or a[1].concerns is not Concerns.ALL] or [(0.0, None)]
    by_name: dict[str, list[Answer]] = {f"m{number}": [(0.5, None)] for number in range(4)}
    by_name[f"m{place}"] = bad
    time = Time()
    with TemporaryDirectory() as folder:
        outbox = outbox_with(folder, list(by_name))
        pairs = [(outbox, waiting) for waiting in outbox.waiting()]

        outcomes = deliver(pairs, {"email": Scripted(by_name, time)}, time.clock)

    states = {outcome.message.id: outcome.state for outcome in outcomes}
    assert {state for name, state in states.items() if name != f"m{place}"} == {"sent"}
