import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, relative } from "node:path/posix";
import { fileURLToPath } from "node:url";
import type { MarkdownEnv, MarkdownRenderer } from "vitepress";

type Token = ReturnType<MarkdownRenderer["parse"]>[number];

const DOCS = fileURLToPath(new URL("..", import.meta.url));
const SOURCE = /^source: (.+)$/m;

/** Pages that show a file of the repository, by that file's path: `SECURITY.md` is shown by `security.md`. */
const SHOWN: ReadonlyMap<string, string> = new Map(
  readdirSync(DOCS)
    .filter((file) => file.endsWith(".md"))
    .flatMap((file) => {
      const source = SOURCE.exec(readFileSync(join(DOCS, file), "utf8"))?.[1];
      return source === undefined ? [] : [[normalize(join("docs", source)), file] as const];
    }),
);

/** Address of a file on the repository's host; `undefined` while package.json names no repository. */
function addressOf(file: string): string | undefined {
  const text = readFileSync(join(DOCS, "../package.json"), "utf8");
  const { repository } = JSON.parse(text) as { readonly repository?: { readonly url: string } };
  const url = repository?.url.replace(/^git\+/, "").replace(/\.git$/, "");
  return url === undefined ? undefined : `${url}/blob/main/${file}`;
}

/** The file of the repository that a page means by a relative path. */
function fileAt(path: string, env: MarkdownEnv): string {
  const source: unknown = env.frontmatter?.["source"];
  const from = typeof source === "string" ? source : env.relativePath;
  return normalize(join("docs", from, "..", path));
}

const isRelative = (path: string): boolean => !/^[a-z]+:|^\/|^#|^$/i.test(path);

/**
 * Pages link to files as they lie in the repository, so that the links work there. Here a file that a page shows becomes
 * that page; any other one its address on the repository's host, or `undefined` while there is none.
 */
function targetOf(href: string, env: MarkdownEnv): string | undefined {
  if (!isRelative(href)) return href;
  const [path = "", hash] = href.split("#");
  const suffix = hash === undefined ? "" : `#${hash}`;
  const file = fileAt(path, env);
  const inDocs = file.startsWith("docs/") ? file.slice("docs/".length) : undefined;
  const page = SHOWN.get(file) ?? inDocs;
  const target = page === undefined ? addressOf(file) : `/${page}`;
  return target === undefined ? undefined : target + suffix;
}

/** An image is found from the page, wherever the text that shows it is. */
function imageOf(source: string, env: MarkdownEnv): string {
  if (!isRelative(source)) return source;
  return `./${relative(join("docs", env.relativePath, ".."), fileAt(source, env))}`;
}

function rewrite(children: readonly Token[], env: MarkdownEnv): void {
  let isText = false;
  for (const token of children) {
    if (token.type === "image") token.attrSet("src", imageOf(token.attrGet("src") ?? "", env));
    if (token.type === "link_open") {
      const target = targetOf(token.attrGet("href") ?? "", env);
      isText = target === undefined;
      token.attrSet("href", target ?? "");
    }
    // A link without a target stays as its words.
    if (isText && token.type.startsWith("link_")) token.type = "text";
  }
}

/** See {@link targetOf}. */
export function repositoryLinks(markdown: MarkdownRenderer): void {
  markdown.core.ruler.push("repository-links", ({ tokens, env }) => {
    for (const { children } of tokens) if (children !== null) rewrite(children, env);
  });
}
