"""What is run: the operators and functions of KQL whose answers here have been tested.

Everything else is refused before it is translated, even where duckdb-kql would take it. Each name
occurs in the parity cases of tests/evaluator/execution, which a test checks.
"""

from typing import Final

STATEMENTS: Final = frozenset(("ExpressionStatement", "LetStatement"))

OPERATORS: Final = frozenset(
    """
    CountOperator DataTableExpression DistinctOperator ExtendOperator FilterOperator JoinOperator
    LookupOperator MvExpandOperator ParseOperator ParseWhereOperator PrintOperator
    ProjectAwayOperator ProjectKeepOperator ProjectOperator ProjectRenameOperator
    ProjectReorderOperator RangeOperator RenderOperator SortOperator SummarizeOperator TakeOperator
    TopOperator UnionOperator
    """.split()
)

ARITHMETIC: Final = frozenset(
    "AddExpression DivideExpression ModuloExpression MultiplyExpression SubtractExpression".split()
)
ORDERINGS: Final = frozenset(
    """
    GreaterThanExpression GreaterThanOrEqualExpression LessThanExpression
    LessThanOrEqualExpression
    """.split()
)
EQUALITIES: Final = frozenset(("EqualExpression", "NotEqualExpression"))
TEXT_OPERATORS: Final = frozenset(
    """
    ContainsCsExpression ContainsExpression EndsWithCsExpression EndsWithExpression
    EqualTildeExpression HasCsExpression HasExpression HasPrefixCsExpression HasPrefixExpression
    HasSuffixCsExpression HasSuffixExpression MatchesRegexExpression NotContainsCsExpression
    NotContainsExpression NotEndsWithCsExpression NotEndsWithExpression BangTildeExpression
    NotHasCsExpression NotHasExpression NotHasPrefixCsExpression
    NotHasPrefixExpression NotHasSuffixCsExpression NotHasSuffixExpression
    NotStartsWithCsExpression NotStartsWithExpression StartsWithCsExpression StartsWithExpression
    """.split()
)
LISTS: Final = frozenset(
    """
    HasAllExpression HasAnyExpression InCsExpression InExpression NotInCsExpression
    NotInExpression
    """.split()
)
OTHER_EXPRESSIONS: Final = frozenset(
    """
    AndExpression BetweenExpression BracketedExpression ElementExpression FunctionCallExpression
    MaterializeExpression NameReference NotBetweenExpression OrExpression ParenthesizedExpression
    PathExpression PipeExpression StarExpression ToScalarExpression UnaryMinusExpression
    UnaryPlusExpression
    """.split()
)
LITERALS: Final = frozenset(
    """
    BooleanLiteralExpression DateTimeLiteralExpression DynamicExpression GuidLiteralExpression
    IntLiteralExpression LongLiteralExpression RealLiteralExpression StringLiteralExpression
    TimespanLiteralExpression TokenLiteralExpression TypeOfLiteralExpression
    """.split()
)
CLAUSES: Final = frozenset(
    """
    CompoundNamedExpression ExpressionCouple ExpressionList FunctionBody FunctionDeclaration
    FunctionParameter FunctionParameters JoinOnClause List MvExpandExpression
    MvExpandRowLimitClause NameAndTypeDeclaration NameDeclaration NamedParameter
    OrderedExpression OrderingClause OrderingNullsClause PrimitiveTypeExpression QueryBlock
    RenameList RenderWithClause RowSchema SeparatedElement SimpleNamedExpression
    SummarizeByClause ToTypeOfClause
    """.split()
)
KINDS: Final = frozenset().union(
    STATEMENTS,
    OPERATORS,
    ARITHMETIC,
    ORDERINGS,
    EQUALITIES,
    TEXT_OPERATORS,
    LISTS,
    OTHER_EXPRESSIONS,
    LITERALS,
    CLAUSES,
)

FUNCTIONS: Final = frozenset(
    """
    abs ago array_concat array_index_of array_length array_sort_asc array_sort_desc array_sum
    bag_pack bin bin_at case ceiling coalesce countof datetime_add datetime_diff datetime_part
    dayofmonth dayofweek dayofyear endofday endofmonth endofweek endofyear exp extract floor
    format_datetime getmonth getyear hourofday iff iif indexof isempty isfinite isinf isnan
    isnotempty isnotnull isnull log log10 log2 make_datetime make_timespan max_of min_of
    monthofyear not now pack pack_array parse_json pow replace_regex replace_string reverse round
    set_has_element sign split sqrt startofday startofmonth startofweek startofyear strcat
    strcat_array strcat_delim strlen substring tobool todatetime todouble todynamic toint tolong
    tolower toreal tostring totimespan toupper trim trim_end trim_start week_of_year
    """.split()
)

AGGREGATES: Final = frozenset(
    """
    any arg_max arg_min avg avgif count count_distinct count_distinctif countif dcount dcountif
    make_list make_list_if make_set make_set_if max maxif min minif percentile percentiles stdev
    stdevif stdevp sum sumif take_any variance varianceif variancep
    """.split()
)

PARAMETERS: Final = frozenset(
    """
    bagexpansion hint.num_partitions hint.remote hint.shufflekey hint.strategy kind
    with_itemindex
    """.split()
)
"""Parameters of operators; hints change how a cluster computes an answer, not the answer."""

JOIN_KINDS: Final = frozenset(
    """
    fullouter inner innerunique leftanti leftouter leftsemi rightanti rightouter rightsemi
    """.split()
)
