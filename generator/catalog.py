"""Every id that a problem can carry, with its explanation.

`docs/diagnostics.md` is generated from this table. Ids are never renamed or reused.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """What an id stands for: a summary of a few words and the reason behind the rule."""

    summary: str
    reason: str


CATALOG: dict[str, Entry] = {
    "yaml/syntax": Entry("not valid YAML", "The parser could not read the file."),
    "yaml/encoding": Entry(
        "not UTF-8", "Files are UTF-8 without a byte-order mark, so that they read alike anywhere."
    ),
    "yaml/empty": Entry("empty file", "An empty file is more likely an accident than a fleet."),
    "yaml/too-large": Entry(
        "file too large",
        "A file above 20 MB, or above 400,000 values with its aliases expanded, is refused "
        "before it can exhaust memory.",
    ),
    "yaml/too-deep": Entry("nested too deep", "No key of the configuration needs 50 levels."),
    "yaml/key": Entry(
        "key is not a string", "Every mapping of the configuration has names as keys."
    ),
    "yaml/duplicate-key": Entry(
        "duplicate key", "YAML readers keep one of two equal keys without a word; which, varies."
    ),
    "yaml/merge-key": Entry(
        "merge key", "`<<` hides where a value comes from; classes, plants and defaults show it."
    ),
    "yaml/alias": Entry("alias without anchor", "An alias repeats an anchor defined above it."),
    "yaml/tag": Entry("tag", "Tags can construct objects; the configuration is plain data."),
    "config/missing-file": Entry("file missing", "The four files of a configuration are required."),
    "config/unreadable": Entry(
        "file cannot be read", "The path leads to no regular file that can be opened."
    ),
    "config/unknown-key": Entry(
        "unknown key", "An unknown key is a typing error that would be ignored in silence."
    ),
    "config/missing-key": Entry("missing key", "A required key has no value."),
    "config/wrong-type": Entry("wrong type", "No value is converted silently to another type."),
    "config/wrong-value": Entry(
        "value not allowed", "The value is not one of those Azure accepts."
    ),
    "config/out-of-range": Entry("out of range", "The number is outside what it can mean."),
    "config/too-long": Entry("too long or too short", "Azure limits the length."),
    "config/more": Entry("more problems", "A file is reported with its first hundred problems."),
    "config/bad-format": Entry("wrong format", "The text does not have the form that is needed."),
    "circuits/duplicate": Entry(
        "duplicate circuit", "(plant_id, circuit_id) is the name of a circuit everywhere."
    ),
    "circuits/name-collision": Entry(
        "names collide in Azure",
        "Azure ignores case and the generator maps every other character to `-`: two circuits "
        "would become one resource.",
    ),
    "circuits/unknown-class": Entry(
        "class not defined", "A circuit's class is a key of `classes`."
    ),
    "circuits/unknown-plant": Entry(
        "plant without circuits", "Settings of a plant that no circuit names would do nothing."
    ),
    "circuits/unknown-feature": Entry(
        "feature not monitored", "Physical limits apply to the circuit's own features."
    ),
    "circuits/bounds": Entry("bounds reversed", "A minimum lies below its maximum."),
    "circuits/window": Entry(
        "window reversed", "A maintenance window or outage ends after it begins."
    ),
    "circuits/path": Entry(
        "path pattern", "A pattern may use {plant_id}, {circuit_id} and {model_name} only."
    ),
    "circuits/endpoint-limit": Entry(
        "too many batch deployments",
        "Azure allows 20 deployments on an endpoint, and 100 endpoints and 500 deployments in a "
        "region and subscription.",
    ),
    "thresholds/unknown-target": Entry(
        "override of nothing", "The class, plant or circuit that is overridden does not exist."
    ),
    "thresholds/expired": Entry(
        "override expired", "An override is a debt with a date; past it somebody decides again."
    ),
    "thresholds/order": Entry(
        "limits out of order", "A watch limit is stricter than the limit it announces."
    ),
    "thresholds/no-limit": Entry(
        "override without a limit", "An override changes at least one limit."
    ),
    "thresholds/fleet-only": Entry(
        "limit of the whole fleet", "The limit is a share of the fleet; no circuit has its own."
    ),
    "alerts/duplicate": Entry(
        "duplicate name", "Names become resource names, whose case and punctuation do not count."
    ),
    "alerts/frequency": Entry(
        "frequency not legal", "Azure evaluates a rule only at the listed frequencies."
    ),
    "alerts/window": Entry("window not legal", "Azure aggregates only over the listed windows."),
    "alerts/query-range": Entry(
        "query range not legal", "The query range covers every window and is one of Azure's list."
    ),
    "alerts/mute-duration": Entry(
        "throttling not legal", "Azure mutes actions only for the listed durations."
    ),
    "alerts/mute-and-auto-resolve": Entry(
        "mute together with auto-resolve",
        "Azure refuses muteActionsDuration with autoMitigate: a rule is stateful or muted.",
    ),
    "alerts/mute-below-frequency": Entry(
        "mute shorter than the frequency", "Azure refuses it, and it would mute nothing."
    ),
    "alerts/stateful-frequency": Entry(
        "stateful rule too seldom",
        "Azure keeps no state for a rule evaluated less than every 12 h.",
    ),
    "alerts/window-gap": Entry(
        "rows never evaluated", "Rows between two windows would be seen by no evaluation."
    ),
    "alerts/lookback": Entry(
        "looks back too far", "An Azure log alert never sees more than two days of data."
    ),
    "alerts/periods": Entry("failing periods", "1 <= minFailingPeriods <= evaluationPeriods <= 6."),
    "alerts/measure": Entry(
        "measure and aggregation", "Count takes no column; every other aggregation needs one."
    ),
    "alerts/dimensions": Entry("dimensions", "A rule splits by at most six distinct columns."),
    "alerts/unknown-action-group": Entry("action group not defined", "A rule would page nobody."),
    "alerts/too-many-action-groups": Entry("too many action groups", "Azure takes five per rule."),
    "alerts/classic-table": Entry(
        "classic table name",
        "The names exist at component scope only; rules of this project run on the workspace.",
    ),
    "alerts/unsupported-operator": Entry(
        "operator not supported", "Azure refuses `search` and `union *` in log alert rules."
    ),
    "alerts/dead-table": Entry(
        "table receives nothing",
        "Diagnostic settings here write resource-specific tables; AzureDiagnostics stays empty.",
    ),
    "alerts/query-source": Entry("query or queryFile", "A rule has exactly one query."),
    "alerts/query-file": Entry(
        "query file", "The file is missing, or its header cannot be understood."
    ),
    "alerts/query-size": Entry(
        "rule larger than 64 KB", "Azure limits the properties of a rule together to 64 KB."
    ),
    "alerts/clear-url": Entry(
        "URL in clear", "A webhook's URL is its password: only the name of a secret is written."
    ),
    "alerts/receivers": Entry(
        "receivers", "Names are unique in a group, and their number limited."
    ),
    "alerts/rule-limit": Entry(
        "too many rules", "Azure allows 1,000 rules on a workspace, 100 at one minute."
    ),
    "alerts/series-limit": Entry(
        "too many series", "A stateful rule may raise 300 alerts in one evaluation."
    ),
    "environments/none": Entry("no environment", "Nothing would be rendered."),
    "environments/selection": Entry(
        "selection", "A selection names existing plants, classes and circuits and is not empty."
    ),
    "environments/layout": Entry(
        "fleet too large for its layout",
        "A fleet-wide stateful rule may raise 300 alerts: beyond 300 circuits rules go per plant.",
    ),
    "environments/ks-rows": Entry(
        "Kolmogorov-Smirnov on too many rows",
        "Azure ML's component fails at 10,000 rows and more; seven days of minutes have 10,080.",
    ),
    "environments/datastore": Entry(
        "not in a datastore",
        "Azure ML monitors read datastores of the workspace, and only those with credentials.",
    ),
    "environments/emails": Entry(
        "e-mail list too long", "Azure ML takes 499 characters of addresses in all."
    ),
    "environments/clear-secret": Entry(
        "secret in clear",
        "The configuration is read by many: it holds the names of secrets, never their values.",
    ),
    "environments/incidents": Entry(
        "who opens incidents",
        "Two systems that open the same incident page twice, and none pages nobody: exactly one "
        "does, said by `incidents`.",
    ),
    "environments/unknown-action-group": Entry(
        "receivers of an undefined group", "The environment replaces receivers of a defined group."
    ),
    "environments/budget": Entry(
        "over the size budget",
        "An entry point keeps below 3 MB and 700 resources, Azure's limits being 4 MB and 800.",
    ),
    "environments/workbook-size": Entry(
        "workbook too large", "A template expression yields at most 131,072 characters."
    ),
    "environments/name-length": Entry(
        "name too long", "A name grew beyond Azure's limit when it was expanded."
    ),
}
