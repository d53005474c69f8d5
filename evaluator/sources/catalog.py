"""Ids of what can be wrong with a template that rules are read from."""

from typing import Final

from generator.catalog import Entry

ENTRIES: Final[dict[str, Entry]] = {
    "template/unreadable": Entry(
        "template cannot be read", "A template is a UTF-8 file of at most 20 MB."
    ),
    "template/json": Entry(
        "not JSON",
        "Azure Resource Manager takes JSON, with comments and with line breaks in strings.",
    ),
    "template/too-deep": Entry("nested too deep", "No template needs 100 levels."),
    "template/duplicate-key": Entry(
        "duplicate key", "JSON readers keep one of two equal keys without a word; which, varies."
    ),
    "template/no-template": Entry(
        "not a template",
        "Rules are read from a compiled ARM template, which has `resources`, and from what `bicep "
        "snapshot` writes, which has `predictedResources`.",
    ),
    "template/no-rules": Entry(
        "no log alert rule", "A check of nothing would pass, whatever the rules are."
    ),
    "template/parameters": Entry(
        "not a parameter file",
        'A parameter file is JSON: {"parameters": {"NAME": {"value": ...}}}.',
    ),
    "template/api-version": Entry(
        "API version not read",
        "Log alert rules have their present form since API version 2021-08-01. Azure retired "
        "the older ones' form with the classic log alerts.",
    ),
    "template/property": Entry(
        "property missing or wrong",
        "Azure refuses a rule without this property, or with a value that is not of its type.",
    ),
    "template/expression": Entry(
        "not an expression",
        "A string in brackets is an expression of the template language; a text that begins with a "
        "bracket is written with two.",
    ),
    "template/unresolved-expression": Entry(
        "expression cannot be evaluated",
        "Only Azure knows the value when it deploys. What a rule measures has to be known to judge "
        "it; a value that is guessed would judge another rule.",
    ),
    "template/too-large": Entry(
        "too much to evaluate",
        "Loops in loops can expand a small template without bound; Azure stops at 800 resources.",
    ),
    "template/log-to-metric": Entry(
        "rule that makes a metric",
        "A rule of the kind LogToMetric has no condition; a metric alert rule judges its metric.",
    ),
    "template/duplicate-name": Entry(
        "two rules of one name",
        "Azure tells rules apart by resource group and name, reports and tests by name alone.",
    ),
    "template/not-compiled": Entry(
        "Bicep source",
        "Names, loops and modules of Bicep are known once the Bicep CLI has compiled them.",
    ),
    "workbook/unknown-parameter": Entry(
        "query not looked at",
        "A parameter without a value, or with a format such as `{Name:label}`, is text that only "
        "the portal knows; the query is not judged, and not said to be clean.",
    ),
    "alert/scope-count": Entry(
        "not one scope", "Azure takes one scope, though the property is an array."
    ),
    "alert/equal-spelling": Entry(
        "`Equals` instead of `Equal`",
        "The API documents `Equals`; the service answers `Requested value 'Equals' was not found` "
        "(https://github.com/Azure/azure-rest-api-specs/issues/22029).",
    ),
    "alert/decimal-threshold": Entry(
        "threshold written as text",
        "Azure's type is a number; that the service converts a text is inferred from templates "
        "that are in use. Bicep has no decimals, json('0.25') writes one "
        "(https://github.com/Azure/bicep/issues/1386).",
    ),
}
