"""What is known to hold where an expression is computed, because something asked for it."""

from collections.abc import Iterator
from dataclasses import dataclass

from evaluator.analysis.syntax import Node
from evaluator.lints.kql.tree import ancestors, arguments, bare, conjuncts, is_call, parts


@dataclass(frozen=True, slots=True)
class Guard:
    """A condition that is known to be true, or to be false."""

    condition: Node
    holds: bool

    def atoms(self) -> "Iterator[Guard]":
        """Take the guard apart: a true `and` makes both sides true, a false `or` both false."""
        kind = "AndExpression" if self.holds else "OrExpression"
        for part in conjuncts(self.condition, kind):
            if is_call(part, "not") and arguments(part):
                yield from Guard(arguments(part)[0], not self.holds).atoms()
            else:
                yield Guard(part, self.holds)


def guards_of(node: Node, root: Node) -> tuple[Guard, ...]:
    """Return what is known to hold for a node, up to its step of the pipeline."""
    found: list[Guard] = []
    below = node
    for above in ancestors(node, root):
        if above.kind.endswith("Operator"):
            break
        if above.kind in ("AndExpression", "OrExpression"):
            others = [part for part in parts(above) if part is not below]
            found += [Guard(part, above.kind == "AndExpression") for part in others]
        for i, argument in enumerate(arguments(above)):
            if argument.start <= node.start and node.end <= argument.end:
                found += guards_of_argument(above, i)
        below = above
    return tuple(atom for guard in found for atom in guard.atoms())


def guards_of_argument(call: Node, number: int) -> Iterator[Guard]:
    """Return what holds where an argument of `iff`, `case` or an aggregate like `sumif` counts."""
    given = arguments(call)
    if is_call(call, "iff", "iif", "case"):
        is_result = number % 2 == 1
        for condition in given[: number - is_result : 2]:
            yield Guard(condition, holds=False)
        if is_result:
            yield Guard(given[number - 1], holds=True)
    elif call.symbol == "aggregate" and call.name.endswith("if") and number == 0:
        yield Guard(bare(given[-1]), holds=True)
