"""What calls of action groups cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cost.assumptions import Assumptions
from cost.prices import EMAIL, FREE_EMAILS, FREE_SMS, FREE_WEBHOOKS, SMS, WEBHOOK
from generator.models.action_groups import ActionGroup
from generator.rules import ScheduledQueryRule


@dataclass(frozen=True, slots=True)
class Notifications:
    """Calls in a month, and their price in USD."""

    emails: int
    messages: int
    webhooks: int
    usd: float


def notifications(
    rules: Sequence[ScheduledQueryRule], groups: Mapping[str, ActionGroup], assumed: Assumptions
) -> Notifications:
    """Count and price what the rules' action groups send in a month."""
    emails = messages = webhooks = 0
    for rule in rules:
        calls = assumed.calls_a_month * (2 if rule.rule.stateful else 1)
        for name in rule.action_groups:
            group = groups[name]
            emails += calls * len(group.email_receivers)
            messages += calls * len(group.sms_receivers)
            webhooks += calls * len(group.webhook_receivers)
    usd = (
        max(0, emails - FREE_EMAILS) * EMAIL.usd
        + max(0, messages - FREE_SMS) * SMS.usd
        + max(0, webhooks - FREE_WEBHOOKS) * WEBHOOK.usd
    )
    return Notifications(emails, messages, webhooks, usd)
