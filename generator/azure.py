"""What Azure accepts: durations, codes, patterns and limits, each with its source.

Names of sources: TF is the azurerm provider's page of monitor_scheduled_query_rules_alert_v2,
https://registry.terraform.io/providers/hashicorp/azurerm/latest/docs/resources/monitor_scheduled_query_rules_alert_v2
(it repeats the service's lists); LIMITS is
https://learn.microsoft.com/azure/azure-monitor/fundamentals/service-limits; GROUPS is
https://learn.microsoft.com/azure/azure-monitor/alerts/action-groups; ARM is
https://learn.microsoft.com/azure/azure-resource-manager/templates/best-practices#template-limits.
"""

from datetime import timedelta
from typing import Final

from generator.durations import parse_duration


def _durations(text: str) -> dict[str, timedelta]:
    parsed = {name: parse_duration(name) for name in text.split()}
    return {name: duration for name, duration in parsed.items() if duration is not None}


# TF, `evaluation_frequency`.
EVALUATION_FREQUENCIES: Final = _durations(
    "PT1M PT5M PT10M PT15M PT30M PT45M PT1H PT2H PT3H PT4H PT5H PT6H P1D"
)
# TF, `window_duration`; PT1M only together with a frequency of PT1M, then P1D and P2D not.
WINDOW_SIZES: Final = _durations(
    "PT1M PT5M PT10M PT15M PT30M PT45M PT1H PT2H PT3H PT4H PT5H PT6H P1D P2D"
)
# TF, `query_time_range_override`: the only list with PT20M.
QUERY_TIME_RANGES: Final = _durations(
    "PT5M PT10M PT15M PT20M PT30M PT45M PT1H PT2H PT3H PT4H PT5H PT6H P1D P2D"
)
# TF, `mute_actions_after_alert_duration`; service text in Azure/azure-powershell#17796.
MUTE_DURATIONS: Final = _durations(
    "PT5M PT10M PT15M PT30M PT45M PT1H PT2H PT3H PT4H PT5H PT6H P1D P2D"
)
# TF: window x periods; the service scans no more, whatever the query says.
MAX_LOOKBACK: Final = timedelta(days=2)
# https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-create-log-alert-rule
MAX_STATEFUL_FREQUENCY: Final = timedelta(hours=12)
MAX_DIMENSIONS: Final = 6
MAX_ACTION_GROUPS_OF_A_RULE: Final = 5  # GROUPS
# LIMITS: all properties of a log search alert rule together.
MAX_RULE_BYTES: Final = 64 * 1024
MAX_DESCRIPTION: Final = 4096  # LIMITS, log search alerts
MAX_RULES_OF_A_WORKSPACE: Final = 1000  # LIMITS, active rules of one resource
MAX_RULES_OF_AN_IDENTITY: Final = 500  # LIMITS, of a managed identity
MAX_RULES_OF_A_SUBSCRIPTION: Final = 5000  # LIMITS, active log search rules
MAX_ONE_MINUTE_RULES: Final = 100  # LIMITS, of a subscription
MAX_STATEFUL_SERIES: Final = 300  # LIMITS, alerts of one evaluation of a stateful rule
MAX_STATELESS_SERIES: Final = 6000  # LIMITS, alerts of one evaluation of a stateless rule
MAX_ACTIVE_ALERTS: Final = 5000  # LIMITS, fired alerts of one rule at a time
MAX_EVALUATION_PERIODS: Final = 6  # failingPeriods of the type

# BCP types of Microsoft.Insights/scheduledQueryRules and /actionGroups.
MAX_RULE_NAME: Final = 260
MAX_SHORT_NAME: Final = 12
# LIMITS, action groups.
MAX_EMAIL_ADDRESS: Final = 64
MAX_EMAIL_RECEIVERS: Final = 1000
MAX_OTHER_RECEIVERS: Final = 10
# GROUPS, SMS.
SMS_COUNTRY_CODES: Final = frozenset(
    "1 7 27 31 32 33 34 39 40 41 43 44 45 47 49 52 55 56 60 61 64 65 81 82 86 91 351 352 353 358 "
    "372 420 852 886 971 972".split()
)

# https://learn.microsoft.com/azure/azure-monitor/alerts/alerts-processing-rules
MAX_CONDITION_VALUES: Final = 5
MAX_PROCESSING_RULES: Final = 1000  # the same page, active rules of a subscription

# Types of Microsoft.MachineLearningServices/workspaces/schedules@2025-12-01.
MAX_MONITOR_EMAIL_CHARACTERS: Final = 499
# https://learn.microsoft.com/azure/machine-learning/how-to-manage-quotas (endpoints)
MAX_DEPLOYMENTS_OF_AN_ENDPOINT: Final = 20
MAX_ENDPOINTS: Final = 100
MAX_DEPLOYMENTS: Final = 500
# The drift component computes the Kolmogorov-Smirnov test only below this many rows.
MAX_KS_ROWS: Final = 10_000

# ARM; the budgets leave a margin below Azure's 4 MB and 800 resources.
MAX_TEMPLATE_BYTES: Final = 4 * 1024 * 1024
MAX_RESOURCES: Final = 800
MAX_PARAMETERS: Final = 256
# Of one type in a resource group, but for the types that are exempt:
# https://learn.microsoft.com/azure/azure-resource-manager/management/resources-without-resource-group-limit
MAX_INSTANCES: Final = 800
BUDGET_TEMPLATE_BYTES: Final = 3 * 1024 * 1024
BUDGET_RESOURCES: Final = 700
# Below 131,072 characters, what one template expression may yield.
BUDGET_WORKBOOK_CHARACTERS: Final = 120_000
MAX_CIRCUITS_OF_SINGLE_LAYOUT: Final = MAX_STATEFUL_SERIES

# https://learn.microsoft.com/azure/azure-resource-manager/management/tag-resources
MAX_TAGS: Final = 50
MAX_TAG_NAME: Final = 512
MAX_TAG_VALUE: Final = 256

# Tables of the classic component scope and their names in a workspace:
# https://learn.microsoft.com/azure/azure-monitor/app/convert-classic-resource
CLASSIC_TABLES: Final = {
    "availabilityResults": "AppAvailabilityResults",
    "browserTimings": "AppBrowserTimings",
    "customEvents": "AppEvents",
    "customMetrics": "AppMetrics",
    "dependencies": "AppDependencies",
    "exceptions": "AppExceptions",
    "pageViews": "AppPageViews",
    "performanceCounters": "AppPerformanceCounters",
    "requests": "AppRequests",
    "traces": "AppTraces",
}
