// Runs inside V8 behind Microsoft's Kusto.Language, compiled to JavaScript by Bridge.NET.
// Answers are arrays: one V8 call and one JSON text for a query and its whole syntax tree.
(function (global) {
  const L = Kusto.Language, S = L.Symbols;
  const KINDS = reversed(L.Syntax.SyntaxKind), SYMBOLS = reversed(S.SymbolKind);

  function reversed(enumeration) {
    const names = {};
    for (const name of Object.keys(enumeration)) {
      if (typeof enumeration[name] === "number") names[enumeration[name]] = name;
    }
    return names;
  }

  function listed(list) {
    const items = [];
    if (list) for (let i = 0; i < list.Count; i++) items.push(list.getItem(i));
    return items;
  }

  // DatabaseSymbol has several constructors whose compiled names say nothing: the right one keeps
  // the tables.
  function database(tables) {
    const list = new (System.Collections.Generic.List$1(S.Symbol).ctor)();
    tables.forEach((table) => list.add(table));
    for (const key of Object.keys(S.DatabaseSymbol).filter((k) => k.includes("ctor"))) {
      try {
        const made = new S.DatabaseSymbol[key]("db", null, list);
        if (made.Tables.Count === tables.length) return made;
      } catch (error) {
        continue; // a constructor of another signature
      }
    }
    throw new Error("no constructor of DatabaseSymbol takes tables");
  }

  function typeName(type) {
    if (!type) return "";
    const kind = SYMBOLS[type.Kind];
    if (kind === "Primitive") return type.Name;
    if (kind === "Table" || kind === "Group") return "table";
    if (kind === "Bag" || kind === "Array") return "dynamic";
    return kind === "Tuple" ? "tuple" : "";
  }

  function columns(type) {
    if (!type || SYMBOLS[type.Kind] !== "Table") return [];
    return listed(type.Columns).map((c) => [c.Name, typeName(c.Type)]);
  }

  function symbolKind(symbol) {
    if (!symbol) return "";
    const kind = SYMBOLS[symbol.Kind];
    if (kind !== "Function") return kind.toLowerCase();
    if (globals.IsAggregateFunction(symbol)) return "aggregate";
    return globals.GetPlugIn(symbol.Name) === symbol ? "plugin" : "function";
  }

  // Bridge boxes values. Its times keep milliseconds, and clocks such as `1.02:03:04` not at all:
  // times are read from the text, in Python.
  function constant(node) {
    const type = typeName(node.ResultType);
    if (type === "datetime" || type === "timespan") return null;
    const value = Bridge.unbox(node.LiteralValue);
    if (value === null || value === undefined || ["string", "boolean", "number"].includes(typeof value)) {
      return value === undefined ? null : value;
    }
    const number = Number(value.toString());
    return Number.isNaN(number) ? value.toString() : number;
  }

  // [kind, start, end, parent, name, symbol, type, columns, constant], each after its parent, which
  // is a number in this list: a nested answer of a long query is too deep for readers of JSON.
  // Names and literals are leaves: their tokens say nothing more.
  function tree(root) {
    const rows = [], stack = [[root, -1]];
    while (stack.length) {
      const [element, parent] = stack.pop();
      const isName = element instanceof L.Syntax.NameReference || element instanceof L.Syntax.NameDeclaration;
      const named = element.IsToken ? "" : element.SimpleName || (element.Name && element.Name.SimpleName) || "";
      const type = element.IsToken ? null : element.ResultType;
      const symbol = element.IsToken ? null : element.ReferencedSymbol;
      const number = rows.push([
        KINDS[element.Kind], element.TextStart, element.End, parent, String(named),
        symbolKind(symbol), typeName(type), columns(type),
        element.IsLiteral ? constant(element) : null,
      ]) - 1;
      for (let i = element.ChildCount - 1; !isName && !element.IsLiteral && i >= 0; i--) {
        const child = element.GetChild(i);
        if (child !== null && child !== undefined && child.FullWidth > 0) stack.push([child, number]);
      }
    }
    return rows;
  }

  let globals = null;

  // By itself the service analyses nothing beyond 500 levels, such as a filter of 500 `or`.
  const MAX_DEPTH = 2500;

  global.mlmonTables = function (tables) {
    const symbols = tables.map(([name, schema]) => S.TableSymbol.From(schema).WithName(name));
    globals = L.GlobalState.Default.WithDatabase(database(symbols)).WithProperty(
      System.Int32, L.Properties.MaxAnalysisDepth, MAX_DEPTH,
    );
    return symbols.length;
  };

  // Null for a query that is nested too deeply.
  global.mlmonAnalyse = function (text) {
    const code = L.KustoCode.ParseAndAnalyze(text, globals);
    if (code.Tree.Depth > MAX_DEPTH) return JSON.stringify(null);
    const diagnostics = listed(code.GetDiagnostics()).map((d) => [
      d.Code, d.Severity, d.Message, d.Start, d.Start + d.Length,
    ]);
    return JSON.stringify([diagnostics, columns(code.ResultType), tree(code.Syntax)]);
  };
})(globalThis);
