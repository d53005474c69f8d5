from cli.tables import text_table


def test_cells_are_shown_as_they_are() -> None:
    cells = ("[red]hot[/red]", ":smile:", "a\\[b]", "[/]")

    drawn = text_table(("one", "two", "three", "four"), [cells])

    assert drawn.splitlines()[1].split() == list(cells)


def test_columns_are_set_to_the_side_that_is_asked_for() -> None:
    drawn = text_table(("name", "number"), [("a", "1"), ("long", "1000000")], right=("number",))

    assert drawn.splitlines() == [
        "name   number",
        "a           1",
        "long  1000000",
    ]
