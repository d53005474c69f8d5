"""Lines are broken exactly where the real formatter breaks them, and mean the same afterwards."""

import json
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from deployment.bicep import BicepCompiler
from generator.escape import bicep_key, bicep_string
from generator.render.layout import WIDTH, fit

TEXTS = st.text(alphabet="abc{}[](),:'\\$\" \u00e9\u8b66", max_size=60)
KEYS = st.from_regex(r"[a-z][a-zA-Z0-9]{0,20}", fullmatch=True) | TEXTS.filter(bool)
Tree = str | list["Tree"] | dict[str, "Tree"]
VALUES: st.SearchStrategy[Tree] = st.recursive(
    TEXTS,
    lambda inner: st.lists(inner, max_size=6) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


def on_one_line(value: Tree) -> str:
    """Write a value as templates do: arrays tight, objects with a blank inside their braces."""
    if isinstance(value, str):
        return bicep_string(value)
    if isinstance(value, list):
        return "[" + ", ".join(on_one_line(v) for v in value) + "]"
    if not value:
        return "{}"
    return "{ " + ", ".join(f"{bicep_key(k)}: {on_one_line(v)}" for k, v in value.items()) + " }"


def compiled(compiler: BicepCompiler, path: Path, text: str) -> object:
    path.write_text(text, "utf-8")
    result = compiler.compile(path)
    assert result.template is not None, result.diagnostics
    return json.loads(result.template)["variables"]


@settings(
    max_examples=60,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(values=st.lists(VALUES, min_size=1, max_size=12))
def test_a_fitted_file_is_formatted_and_means_the_same(
    values: list[Tree], compiler: BicepCompiler, tmp_path: Path
) -> None:
    text = "".join(f"var value{i} = {on_one_line(v)}\n" for i, v in enumerate(values))
    path = tmp_path / "main.bicep"

    fitted = fit(text)

    assert compiled(compiler, path, text) == compiled(compiler, path, fitted)
    assert compiler.format(path) == fitted


@given(st.lists(VALUES, max_size=5))
def test_fitting_twice_changes_nothing_more(values: list[Tree]) -> None:
    text = "\n".join(f"  key: {on_one_line(v)}" for v in values)

    assert fit(fit(text)) == fit(text)


def test_a_line_of_exactly_the_width_stays_and_one_more_character_breaks_it() -> None:
    line = f"var names = ['{'n' * (WIDTH - 24)}', 'last']"
    assert len(line) == WIDTH

    assert fit(line) == line
    assert fit(line.replace("last", "last1")).split("\n") == [
        "var names = [",
        f"  '{'n' * (WIDTH - 24)}'",
        "  'last1'",
        "]",
    ]


def test_what_has_no_bracket_or_is_a_comment_is_left_as_it_is() -> None:
    for line in (f"// [{'word, ' * 40}]", f"description: '{'{long}, ' * 40}'", f"a: '{'x' * 200}'"):
        assert fit(line) == line


def test_a_line_with_emoji_is_broken_where_the_formatter_breaks_it(
    compiler: BicepCompiler, tmp_path: Path
) -> None:
    faces = "\U0001f600" * 10
    text = f"var names = ['{faces}', '{'n' * (WIDTH - 30)}']\n"
    assert len(text) == WIDTH + 1
    path = tmp_path / "main.bicep"
    path.write_text(fit(text), "utf-8")

    assert compiler.format(path) == fit(text)
