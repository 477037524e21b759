import { existsSync } from "node:fs";
import { join, normalize } from "node:path/posix";
import type { Link, Page } from "./page.ts";
import { ROOT } from "./repository.ts";

/** Where links of the site lead that no file of the repository answers: pages made from TSDoc. */
const REFERENCE = "docs/api/";

const OUTSIDE = /^[a-z][a-z+.-]*:/i;

/**
 * What is wrong with the links of pages: files and headings that do not exist, addresses that are none. Nothing is
 * asked of the network.
 *
 * @param reference - headings of the pages made from TSDoc, by file below `docs/api/`
 */
export function brokenLinks(
  pages: readonly Page[],
  reference: ReadonlyMap<string, ReadonlySet<string>>,
): readonly string[] {
  const anchors = new Map(pages.map((page) => [page.file, page.anchors]));
  const problemOf = (page: Page, link: Link): string | undefined => {
    if (OUTSIDE.test(link.href)) return outsideProblem(link.href);
    const [path = "", hash] = decodeURI(link.href).split("#");
    const file = path === "" ? page.file : normalize(join(page.file, "..", path));
    if (file.startsWith("../") || path.startsWith("/")) return "is not in the repository";
    const isReference = file.startsWith(REFERENCE);
    const known = isReference ? reference.get(file.slice(REFERENCE.length)) : anchors.get(file);
    if (known === undefined && (isReference || !existsSync(join(ROOT, file)))) {
      return "does not exist";
    }
    if (hash === undefined || known?.has(hash) === true) return undefined;
    return known === undefined ? "has an anchor, but is no page" : "has no such heading";
  };
  return pages.flatMap((page) =>
    page.links.flatMap((link) => {
      const problem = problemOf(page, link);
      return problem === undefined ? [] : [`${page.file}:${link.line}: ${link.href} ${problem}`];
    }),
  );
}

function outsideProblem(href: string): string | undefined {
  const url = URL.canParse(href) ? new URL(href) : undefined;
  if (url === undefined) return "is no address";
  if (url.protocol !== "https:") return `begins with ${url.protocol} instead of https:`;
  return url.hostname.includes(".") ? undefined : "names no host";
}
