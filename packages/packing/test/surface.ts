/** The surface of the packages, read from the `.d.ts` files that are published: what there is, and what is told of it. */
import ts from "typescript-5.7";
import { PUBLISHED, type Published, ROOT } from "./published.ts";

const program = ts.createProgram(
  PUBLISHED.flatMap(({ entries }) => entries.map(([, types]) => types)),
  {
    strict: true,
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts"],
    types: [],
    skipLibCheck: true,
  },
);
const checker = program.getTypeChecker();
const printer = ts.createPrinter({ removeComments: true, newLine: ts.NewLineKind.LineFeed });

/** The exports of an entry, the aliases followed, by name. */
function exportsOf(types: string): readonly (readonly [name: string, symbol: ts.Symbol])[] {
  const source = program.getSourceFile(types);
  const module = source && checker.getSymbolAtLocation(source);
  if (module === undefined) throw new Error(`${types} is no module: build the packages first`);
  return checker
    .getExportsOfModule(module)
    .map((symbol) => [symbol.name, declared(symbol)] as const)
    .sort(([one], [other]) => (one < other ? -1 : 1));
}

function declared(symbol: ts.Symbol): ts.Symbol {
  return symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
}

/** The published package whose types declare the symbol; none for the language's, a runtime's and other packages' own. */
function ownerOf(symbol: ts.Symbol): Published | undefined {
  const file = symbol.declarations?.[0]?.getSourceFile().fileName;
  return PUBLISHED.find(({ path }) => file?.startsWith(`${path}dist/`));
}

/** `const` and `let` stand in a list: the whole statement is what a reader wants to see. */
function statementOf(declaration: ts.Declaration): ts.Node {
  if (!ts.isVariableDeclaration(declaration)) return declaration;
  return declaration.parent.parent;
}

function printed(symbol: ts.Symbol): string {
  return (symbol.declarations ?? [])
    .map((declaration) =>
      printer.printNode(
        ts.EmitHint.Unspecified,
        statementOf(declaration),
        declaration.getSourceFile(),
      ),
    )
    .join("\n");
}

/** The symbols that the declarations of a symbol name. */
function namedBy(symbol: ts.Symbol): ts.Symbol[] {
  const named: ts.Symbol[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node)) {
      const found = checker.getSymbolAtLocation(node);
      if (found !== undefined) named.push(declared(found));
    }
    ts.forEachChild(node, visit);
  };
  for (const declaration of symbol.declarations ?? []) visit(statementOf(declaration));
  return named;
}

const isTopLevel = (symbol: ts.Symbol): boolean =>
  symbol.declarations?.some((declaration) => ts.isSourceFile(statementOf(declaration).parent)) ??
  false;

/**
 * The report of a package: each entry with what it exports, and behind them the types that are not exported and that users
 * meet all the same, since what is exported names them.
 */
export function apiReport({ manifest, entries, path }: Published): string {
  const exported = new Set<ts.Symbol>();
  const lines = [
    `# The API of ${manifest.name}`,
    "",
    "Made by `npx --yes pnpm@12 api:update` from the types that are published; a test compares the two.",
  ];
  for (const [name, types] of entries) {
    lines.push("", `## \`${name}\``, "", "```ts");
    const foreign: string[] = [];
    for (const [exportedName, symbol] of exportsOf(types)) {
      exported.add(symbol);
      const owner = ownerOf(symbol);
      if (owner?.path !== path) foreign.push(`${exportedName} (${owner?.manifest.name})`);
      else if (exportedName === symbol.name) lines.push(printed(symbol));
      else lines.push(`${printed(symbol)}\nexport { ${symbol.name} as ${exportedName} };`);
    }
    lines.push("```");
    if (foreign.length > 0) lines.push("", "From other packages:", "");
    for (const line of foreign) lines.push(`- ${line}`);
  }
  const unexported = new Set<ts.Symbol>();
  const queue = [...exported].filter((symbol) => ownerOf(symbol)?.path === path);
  for (let symbol = queue.pop(); symbol !== undefined; symbol = queue.pop()) {
    for (const named of namedBy(symbol)) {
      if (exported.has(named) || unexported.has(named)) continue;
      if (ownerOf(named)?.path !== path || !isTopLevel(named)) continue;
      unexported.add(named);
      queue.push(named);
    }
  }
  if (unexported.size > 0) {
    const declarations = [...unexported].map(printed).sort();
    lines.push("", "## Named by the types, and not exported", "", "```ts", ...declarations, "```");
  }
  return `${lines.join("\n")}\n`;
}

function isTold(symbol: ts.Symbol): boolean {
  return (
    symbol.getDocumentationComment(checker).length > 0 || symbol.getJsDocTags(checker).length > 0
  );
}

/** The exports of a package of which no comment tells anything, as `entry: name`. */
export function undocumentedExports({ entries }: Published): string[] {
  return entries.flatMap(([name, types]) =>
    exportsOf(types)
      .filter(([, symbol]) => !isTold(symbol))
      .map(([exportedName]) => `${name}: ${exportedName}`),
  );
}

/** The members of what a package itself exports of which no comment tells anything, as `entry: name.member`. */
export function undocumentedMembers({ entries, path }: Published): string[] {
  const untold: string[] = [];
  for (const [name, types] of entries) {
    for (const [exportedName, symbol] of exportsOf(types)) {
      if (ownerOf(symbol)?.path !== path) continue;
      for (const member of symbol.members?.values() ?? []) {
        const [declaration] = member.declarations ?? [];
        if (declaration === undefined || !isSeen(declaration) || isTold(member)) continue;
        untold.push(`${name}: ${exportedName}.${member.name}`);
      }
    }
  }
  return untold;
}

/** Whether users meet the member: no type parameter, no constructor, neither private nor protected. */
function isSeen(declaration: ts.Declaration): boolean {
  if (ts.isTypeParameterDeclaration(declaration) || ts.isConstructorDeclaration(declaration)) {
    return false;
  }
  const { name } = declaration as ts.NamedDeclaration;
  if (name !== undefined && ts.isPrivateIdentifier(name)) return false;
  const hidden = ts.ModifierFlags.Private | ts.ModifierFlags.Protected;
  return (ts.getCombinedModifierFlags(declaration) & hidden) === 0;
}

/** Where the report of a package stands. */
export function reportPath({ folder }: Published): string {
  return `${ROOT}docs/api-report/${folder}.api.md`;
}
