/** Last step of `npm run docs`: every link of the built site leads somewhere, and nothing is loaded from elsewhere. */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { ROOT } from "./repository.ts";

const SITE = join(ROOT, "docs/.vitepress/dist");

interface Html {
  readonly ids: ReadonlySet<string>;
  readonly hrefs: readonly string[];
  /** What a browser fetches to show the page. */
  readonly loads: readonly string[];
}

function read(file: string): Html {
  const text = readFileSync(join(SITE, file), "utf8");
  const all = (pattern: RegExp): readonly string[] =>
    [...text.matchAll(pattern)].map(([, found = ""]) => found.replaceAll("&amp;", "&"));
  return {
    ids: new Set(all(/\sid="([^"]+)"/g)),
    hrefs: all(/<a\b[^>]*?\shref="([^"]*)"/g),
    loads: [...all(/\ssrc="([^"]+)"/g), ...all(/<link\b[^>]*?\shref="([^"]+)"/g)],
  };
}

const files = readdirSync(SITE, { recursive: true, encoding: "utf8" })
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".html"));
const pages = new Map(files.map((file) => [file, read(file)]));

/** The file that answers for an address of the site, as hosts with clean URLs find it. */
function fileOf(path: string): string | undefined {
  const name = decodeURI(path).replace(/^\//, "");
  return [name, `${name}.html`, `${name}index.html`].find((each) => {
    const file = join(SITE, each);
    return existsSync(file) && statSync(file).isFile();
  });
}

function problemOf(from: string, href: string): string | undefined {
  const { origin, pathname, hash } = new URL(href, `https://site.invalid/${from}`);
  if (origin !== "https://site.invalid") return undefined;
  const target = pathname === `/${from}` ? from : fileOf(pathname);
  if (target === undefined) return "leads nowhere";
  const id = decodeURIComponent(hash.slice(1));
  return id === "" || pages.get(target)?.ids.has(id) === true ? undefined : "has no such heading";
}

const problems = [...pages].flatMap(([file, { hrefs, loads }]) => [
  ...hrefs.flatMap((href) => {
    const problem = problemOf(file, href);
    return problem === undefined ? [] : [`${file}: ${href} ${problem}`];
  }),
  ...loads
    .filter((address) => /^(?:[a-z]+:)?\/\//i.test(address))
    .map((address) => `${file}: loads ${address}`),
]);

process.stdout.write(`${pages.size} pages, ${problems.length} wrong links\n`);
if (problems.length > 0) {
  process.stderr.write(`${[...new Set(problems)].join("\n")}\n`);
  process.exitCode = 1;
}
