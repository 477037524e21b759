import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import type { Page } from "./page.ts";
import { ROOT } from "./repository.ts";

interface PackageJson {
  readonly name?: string;
  readonly scripts?: Readonly<Record<string, string>>;
  readonly bin?: string | Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

/** Commands of npm that are no scripts. */
const OF_NPM: readonly string[] = ["ci", "install", "audit", "pack"];

const SHELLS: readonly string[] = ["sh", "bash", "shell", "console"];

function packageIn(folder: string): PackageJson {
  const file = join(ROOT, folder, "package.json");
  return existsSync(file) ? (JSON.parse(readFileSync(file, "utf8")) as PackageJson) : {};
}

const packageJson = packageIn(".");

function binsOf({ name = "", bin = {} }: PackageJson): readonly string[] {
  return typeof bin === "string" ? [name] : Object.keys(bin);
}

/**
 * What is wrong with the commands and the data that pages show: scripts and programs that do not exist, JSON that does
 * not parse, blocks in a language nobody checks.
 */
export function wrongBlocks(page: Page): readonly string[] {
  return page.blocks.flatMap(({ language, code, line }) => {
    const at = `${page.file}:${line}`;
    if (SHELLS.includes(language))
      return wrongCommands(code, packageIn(dirname(page.file))).map((text) => `${at}: ${text}`);
    if (language === "json") return parses(code) ? [] : [`${at}: is no JSON`];
    return CHECKED_ELSEWHERE.includes(language) ? [] : [`${at}: nobody checks "${language}" code`];
  });
}

/** TypeScript is compiled; what is none of these is text. */
const CHECKED_ELSEWHERE: readonly string[] = ["ts", "tsx", "", "text"];

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

function wrongCommands(code: string, own: PackageJson): readonly string[] {
  const commands = code
    .replaceAll("\\\n", " ")
    .split("\n")
    .flatMap((line) => (line.split(/\s#\s/)[0] ?? "").split(/&&|\|\||[;|]/))
    .map((command) => command.trim().split(/\s+/));
  return commands.flatMap((words) => {
    const [program, ...rest] = words.filter((word) => !/^[A-Z_]+=/.test(word));
    if (program === "npm") return wrongScript(rest);
    if (program === "npx")
      return wrongProgram(rest.find((word) => !word.startsWith("-")) ?? "", own);
    return [];
  });
}

function wrongScript([first = "", second = ""]: readonly string[]): readonly string[] {
  const script = first === "run" ? second : first;
  const exists =
    script in (packageJson.scripts ?? {}) || (first !== "run" && OF_NPM.includes(script));
  return exists ? [] : [`package.json has no script "${script}"`];
}

/** One with a version is fetched by npx; any other one is installed, by the package of the page or by the whole. */
function wrongProgram(program: string, own: PackageJson): readonly string[] {
  const installed = [packageJson, own].flatMap(({ dependencies = {}, devDependencies = {} }) => [
    ...Object.keys(dependencies),
    ...Object.keys(devDependencies),
  ]);
  const isKnown = /.@./.test(program) || [...binsOf(packageJson), ...installed].includes(program);
  return isKnown ? [] : [`package.json has no program "${program}"`];
}
