import { posix } from "node:path";
import ts from "typescript";

/** One module that a file names. */
export interface Import {
  readonly specifier: string;
  /** Gone after compilation. */
  readonly isType: boolean;
}

/** Every module a file names: `import`, `import type`, `export … from`, `import(…)` of values and types, `require`. */
export function importsOf(source: string): readonly Import[] {
  const found: Import[] = [];
  const add = (node: ts.Node | undefined, isType: boolean): void => {
    const isText = node !== undefined && ts.isStringLiteralLike(node);
    if (node !== undefined) found.push({ specifier: isText ? node.text : node.getText(), isType });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) {
      add(node.moduleSpecifier, node.importClause?.phaseModifier === ts.SyntaxKind.TypeKeyword);
    } else if (ts.isExportDeclaration(node)) {
      add(node.moduleSpecifier, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node)) {
      add(ts.isLiteralTypeNode(node.argument) ? node.argument.literal : node.argument, true);
    } else if (ts.isExternalModuleReference(node)) {
      add(node.expression, false);
    } else if (ts.isCallExpression(node)) {
      const isImport = node.expression.kind === ts.SyntaxKind.ImportKeyword;
      if (isImport || node.expression.getText() === "require") add(node.arguments[0], false);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("file.ts", source, ts.ScriptTarget.Latest, true));
  return found;
}

/** Path below `src` without `.ts`; `undefined` for a package. */
export function targetOf(file: string, specifier: string): string | undefined {
  return specifier.startsWith(".")
    ? posix.join(posix.dirname(file), specifier).replace(/\.ts$/, "")
    : undefined;
}

/** A circle of imports that are left after compilation, as a path; `undefined` if there is none. */
export function findCycle(sources: ReadonlyMap<string, string>): readonly string[] | undefined {
  const finished = new Set<string>();
  const search = (file: string, path: readonly string[]): readonly string[] | undefined => {
    if (path.includes(file)) return [...path.slice(path.indexOf(file)), file];
    if (finished.has(file)) return undefined;
    for (const { specifier, isType } of importsOf(sources.get(file) ?? "")) {
      const target = isType ? undefined : targetOf(file, specifier);
      const cycle = target && search(`${target}.ts`, [...path, file]);
      if (cycle) return cycle;
    }
    finished.add(file);
    return undefined;
  };
  for (const file of sources.keys()) {
    const cycle = search(file, []);
    if (cycle !== undefined) return cycle;
  }
  return undefined;
}
