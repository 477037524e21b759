import { dirname, join } from "node:path";
import ts from "typescript";
import type { CodeBlock, Page } from "./page.ts";
import { ROOT } from "./repository.ts";

/** A block as the compiler sees it: with its hidden prelude, and the blocks that go on in it. */
interface Module {
  readonly path: string;
  source: string;
  /** Lines of the page, one for each of the module, so that messages name them. */
  readonly pageLines: number[];
  readonly page: string;
}

const isCode = ({ language }: CodeBlock): boolean => language === "ts" || language === "tsx";

/** A folder that does not exist, inside the repository, so that packages are found. */
const folderOf = (page: Page): string =>
  join(ROOT, "docs", ".blocks", page.file.replace(/\.md$/, ""));

function append(module: Module, { code, line }: CodeBlock): void {
  module.source += code;
  const lines = code.split("\n").length - 1;
  for (let index = 1; index <= lines; index++) module.pageLines.push(line + index);
}

/** Puts the blocks of a page together, as `docs/README.md` says. */
function modulesOf(page: Page): readonly Module[] {
  const modules: Module[] = [];
  let prelude: CodeBlock | undefined;
  const begin = (block: CodeBlock): Module => {
    const name = block.fileName ?? `block-${block.line}.${block.language}`;
    const path = join(folderOf(page), name);
    const module = { path, source: "", pageLines: [], page: page.file };
    modules.push(module);
    return module;
  };
  for (const block of page.blocks.filter(isCode)) {
    if (block.isHidden && block.fileName === undefined) {
      prelude = block;
      continue;
    }
    const last = modules.at(-1);
    const module = block.continues && last !== undefined ? last : begin(block);
    if (prelude !== undefined) append(module, prelude);
    prelude = undefined;
    append(module, block);
  }
  return modules;
}

/**
 * What the compiler says of the TypeScript blocks of pages, under the settings of the repository, all in one program.
 */
export function compileBlocks(pages: readonly Page[]): readonly string[] {
  const modules = pages.flatMap(modulesOf);
  const twice = modules.filter(
    ({ path }, index) => modules.findIndex((other) => other.path === path) !== index,
  );
  const program = ts.createProgram(
    modules.map(({ path }) => path),
    compilerOptions(),
    hostWith(modules),
  );
  return [
    ...twice.map(({ page, path }) => `${page}: two blocks are named ${path}`),
    ...modules.flatMap((module) => problemsOf(program, module)),
  ];
}

function compilerOptions(): ts.CompilerOptions {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  return ts.parseJsonConfigFileContent(config, ts.sys, ROOT).options;
}

/**
 * A block stands beside the other blocks of its page, and beside the page's own file: `./powertools.ts` is a block of
 * that name, or else the file.
 */
function resolver(
  modules: readonly Module[],
  host: ts.CompilerHost,
): NonNullable<ts.CompilerHost["resolveModuleNameLiterals"]> {
  const byPath = new Map(modules.map((module) => [module.path, module]));
  return (literals, containing, ...[redirected, options, source]) => {
    const module = byPath.get(containing);
    return literals.map((literal) => {
      const { text } = literal;
      const isFile = module !== undefined && !byPath.has(join(containing, "..", text));
      const from = isFile && text.startsWith(".") ? join(ROOT, module.page) : containing;
      const mode = ts.getModeForUsageLocation(source, literal, options);
      return ts.resolveModuleName(text, from, options, host, undefined, redirected, mode);
    });
  };
}

function hostWith(modules: readonly Module[]): ts.CompilerHost {
  const host = ts.createCompilerHost(compilerOptions());
  const files = new Map(modules.map(({ path, source }) => [path, source]));
  const folders = new Set(modules.map(({ path }) => dirname(path)));
  const { getSourceFile, fileExists, readFile, directoryExists } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.directoryExists = (name) => folders.has(name) || directoryExists?.(name) === true;
  host.getSourceFile = (name, languageVersion, ...rest) => {
    const source = files.get(name);
    return source === undefined
      ? getSourceFile(name, languageVersion, ...rest)
      : ts.createSourceFile(name, source, languageVersion);
  };
  host.resolveModuleNameLiterals = resolver(modules, host);
  return host;
}

function problemsOf(program: ts.Program, module: Module): readonly string[] {
  const file = program.getSourceFile(module.path);
  return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
    ({ messageText, start }) => {
      const { line } = file?.getLineAndCharacterOfPosition(start ?? 0) ?? { line: 0 };
      const text = ts.flattenDiagnosticMessageText(messageText, "\n");
      return `${module.page}:${module.pageLines[line] ?? 0}: ${text}`;
    },
  );
}
