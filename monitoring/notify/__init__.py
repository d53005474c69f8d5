"""Tells people of a day: a digest for each recipient, from results and configuration.

Composing is pure: `day` reads, `digest` compares with the day before, `routing` says who is told
what, `wording` puts it into words, and a module for each kind of message writes it down. `outbox`
keeps messages as files, `delivery` hands them over through the senders of `smtp` and `webhook`.
"""

from monitoring.notify.delivery import Outcome
from monitoring.notify.outbox import OutboxInUse
from monitoring.notify.run import Notified, compose_day, preview, send_day

__all__ = ["Notified", "OutboxInUse", "Outcome", "compose_day", "preview", "send_day"]
