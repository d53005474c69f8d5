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

  // Bridge boxes values; a DateTime is a JavaScript Date with ticks of 100 ns since year 1.
  function constant(node) {
    const value = Bridge.unbox(node.LiteralValue);
    if (value === null || value === undefined || ["string", "boolean", "number"].includes(typeof value)) {
      return value === undefined ? null : value;
    }
    const type = typeName(node.ResultType);
    if (type === "timespan") return Number(value.getTicks().toString()) / 10;
    if (type === "datetime") return Number(System.DateTime.getTicks(value).toString()) / 10;
    const number = Number(value.toString());
    return Number.isNaN(number) ? value.toString() : number;
  }

  // [kind, start, end, children, name, symbol, type, columns, constant]; names and literals are
  // leaves: their tokens say nothing more.
  function tree(element) {
    const children = [];
    const isName = element instanceof L.Syntax.NameReference || element instanceof L.Syntax.NameDeclaration;
    const named = element.IsToken ? "" : element.SimpleName || (element.Name && element.Name.SimpleName) || "";
    for (let i = 0; !isName && !element.IsLiteral && i < element.ChildCount; i++) {
      const child = element.GetChild(i);
      if (child !== null && child !== undefined && child.FullWidth > 0) children.push(tree(child));
    }
    const type = element.IsToken ? null : element.ResultType;
    const symbol = element.IsToken ? null : element.ReferencedSymbol;
    return [
      KINDS[element.Kind], element.TextStart, element.End, children, String(named),
      symbolKind(symbol), typeName(type), columns(type),
      element.IsLiteral ? constant(element) : null,
    ];
  }

  let globals = null;

  global.mlmonTables = function (tables) {
    const symbols = tables.map(([name, schema]) => S.TableSymbol.From(schema).WithName(name));
    globals = L.GlobalState.Default.WithDatabase(database(symbols));
    return symbols.length;
  };

  global.mlmonAnalyse = function (text) {
    const code = L.KustoCode.ParseAndAnalyze(text, globals);
    const diagnostics = listed(code.GetDiagnostics()).map((d) => [
      d.Code, d.Severity, d.Message, d.Start, d.Start + d.Length,
    ]);
    return JSON.stringify([diagnostics, columns(code.ResultType), tree(code.Syntax)]);
  };
})(globalThis);
