/** The surface of a package is closed: it shows no member for internal use, and no type that users cannot import. */
import ts from "typescript-5.7";
import { PUBLISHED, type Published } from "./published.ts";

export interface Surface {
  /** Exported names and the members of the exported classes and interfaces that a user can reach. */
  readonly members: number;
  /** Sentences, one for each fault. */
  readonly faults: readonly string[];
}

const typesOf = ({ entries }: Published): string[] => entries.map(([, types]) => types);

/** Looks at every declaration that the entry points of a package export, member by member. */
export function surfaceOf(judged: Published): Surface {
  const all = PUBLISHED.flatMap(typesOf);
  const program = ts.createProgram(all, {
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    target: ts.ScriptTarget.ES2022,
    lib: ["lib.es2022.d.ts", "lib.esnext.disposable.d.ts", "lib.webworker.d.ts"],
    types: [],
    skipLibCheck: true,
    noEmit: true,
  });
  const checker = program.getTypeChecker();
  const target = (symbol: ts.Symbol): ts.Symbol =>
    symbol.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(symbol) : symbol;
  const exportsOf = (entry: string): ts.Symbol[] => {
    const file = program.getSourceFile(entry);
    const module = file && checker.getSymbolAtLocation(file);
    if (module === undefined) throw new Error(`${entry} is not built, or exports nothing`);
    return checker.getExportsOfModule(module).map(target);
  };
  const isExported = new Set(all.flatMap(exportsOf));
  const folders = PUBLISHED.map(({ path }) => `${path}dist/`);
  const isOurs = ({ fileName }: ts.SourceFile): boolean =>
    folders.some((folder) => fileName.startsWith(folder));

  const faults = new Set<string>();
  let members = 0;
  const visit = (node: ts.Node, owner: string): void => {
    if (isHidden(node)) return;
    const name = nameOf(node);
    const place = name === null ? owner : `${owner}.${name}`;
    if (ts.isClassElement(node) || ts.isTypeElement(node)) members += 1;
    if (isMarkedInternal(node)) faults.add(`${place} is marked @internal`);
    if (ts.isIdentifier(node)) {
      const symbol = checker.getSymbolAtLocation(node);
      if (symbol !== undefined) judge(target(symbol), owner);
    }
    ts.forEachChild(node, (child) => visit(child, place));
  };
  /** A name that a declaration uses: it must be the compiler's, a type parameter, a member, or an export. */
  const judge = (symbol: ts.Symbol, owner: string): void => {
    const declaration = symbol.declarations?.[0];
    if (declaration === undefined || !isOurs(declaration.getSourceFile())) return;
    if (!ts.isSourceFile(declaration.parent) && !isVariableOfModule(declaration)) return;
    // The platform's own classes, under the names that users know: the driver takes each of them once.
    if (declaration.getSourceFile().fileName.endsWith("/runtime/globals.d.ts")) return;
    if (!isExported.has(symbol)) faults.add(`${owner} names ${symbol.name}, which nothing exports`);
  };
  for (const symbol of new Set(typesOf(judged).flatMap(exportsOf))) {
    members += 1;
    for (const declaration of symbol.declarations ?? []) {
      if (isOurs(declaration.getSourceFile())) visit(declaration, "");
    }
  }
  return { members, faults: [...faults].map((fault) => fault.replace(/^\./, "")).sort() };
}

function isHidden(node: ts.Node): boolean {
  if (ts.isClassElement(node) && node.name !== undefined && ts.isPrivateIdentifier(node.name))
    return true;
  return (
    ts.canHaveModifiers(node) &&
    (ts.getModifiers(node) ?? []).some(({ kind }) => kind === ts.SyntaxKind.PrivateKeyword)
  );
}

function isVariableOfModule(node: ts.Node): boolean {
  return ts.isVariableDeclaration(node) && ts.isSourceFile(node.parent.parent.parent);
}

function nameOf(node: ts.Node): string | null {
  const { name } = node as Partial<ts.NamedDeclaration>;
  return name === undefined || !("getText" in name) ? null : name.getText();
}

function isMarkedInternal(node: ts.Node): boolean {
  return ts.getJSDocTags(node).some(({ tagName }) => tagName.text === "internal");
}
