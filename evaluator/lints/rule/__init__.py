"""Lints of rules among each other and with what is around them."""

from evaluator.lints.lint import AnyLint
from evaluator.lints.rule import dependency, duplicate, metadata, tag_conflict, untested

LINTS: tuple[AnyLint, ...] = (
    metadata.LINT,
    tag_conflict.LINT,
    duplicate.LINT,
    dependency.LINT,
    untested.UNTESTED,
    untested.ONLY_NEGATIVE_TEST,
)
