import { readFileSync } from "node:fs";
import { join } from "node:path";
import GitHubSlugger from "github-slugger";
import MarkdownIt from "markdown-it";
import { ROOT } from "./repository.ts";

/** A fenced block of code, or one in an HTML comment, which readers do not see. */
export interface CodeBlock {
  /** First word behind the fence. */
  readonly language: string;
  /** What stands in brackets behind it, for example `router.ts`: other blocks of the page import it by this name. */
  readonly fileName: string | undefined;
  readonly code: string;
  /** Line of its fence, from 1. */
  readonly line: number;
  readonly isHidden: boolean;
  /** The block goes on in the module of the one before it. */
  readonly continues: boolean;
}

/** A target of a link or an image, as it is written. */
export interface Link {
  readonly href: string;
  readonly line: number;
}

/** What the checks look at in a Markdown file. */
export interface Page {
  /** Path from the root of the repository. */
  readonly file: string;
  readonly blocks: readonly CodeBlock[];
  readonly links: readonly Link[];
  /** What links can name behind `#`. */
  readonly anchors: ReadonlySet<string>;
}

const markdown = new MarkdownIt({ html: true });
const CONTINUES = /^<!--\s*ts continues\s*-->/;
const HIDDEN = /^<!--\s*(tsx?)(?:\s+\[(.+?)\])?\n(.*?)-->/s;
const INFO = /^(\S+)?\s*(?:\[(.+?)\])?/;
const HTML_TARGET = /\s(?:href|src|id)="([^"]*)"/g;

type Token = ReturnType<typeof markdown.parse>[number];

const lineOf = (token: Token): number => (token.map?.[0] ?? 0) + 1;

/** Front matter stands outside of Markdown; its lines stay, so that the others keep their numbers. */
function withoutFrontMatter(text: string): string {
  return text.replace(/^---\n.*?\n---\n/s, (matter) => matter.replace(/[^\n]+/g, ""));
}

function blocksOf(tokens: readonly Token[]): readonly CodeBlock[] {
  const blocks: CodeBlock[] = [];
  let continues = false;
  for (const token of tokens) {
    if (token.type === "html_block" && CONTINUES.test(token.content)) continues = true;
    const hidden = token.type === "html_block" ? HIDDEN.exec(token.content) : null;
    if (token.type !== "fence" && hidden === null) continue;
    const [, language = "", fileName] = hidden ?? INFO.exec(token.info.trim()) ?? [];
    blocks.push({
      language,
      fileName,
      code: hidden?.[3] ?? token.content,
      line: lineOf(token),
      isHidden: hidden !== null,
      continues,
    });
    continues = false;
  }
  return blocks;
}

function linksOf(tokens: readonly Token[]): readonly Link[] {
  return tokens.flatMap((token) => {
    const line = lineOf(token);
    if (token.type === "html_block") {
      return [...token.content.matchAll(/\s(?:href|src)="([^"]*)"/g)].map(([, href = ""]) => ({
        href,
        line,
      }));
    }
    return (token.children ?? []).flatMap((child) => {
      const href = child.attrGet("href") ?? child.attrGet("src");
      return href === null ? [] : [{ href, line }];
    });
  });
}

function anchorsOf(tokens: readonly Token[]): ReadonlySet<string> {
  const slugger = new GitHubSlugger();
  const anchors = new Set<string>();
  for (const [index, token] of tokens.entries()) {
    if (token.type === "heading_open") anchors.add(slugger.slug(headingText(tokens[index + 1])));
    if (token.type === "html_block") {
      for (const [attribute, id = ""] of token.content.matchAll(HTML_TARGET)) {
        if (attribute.includes("id=")) anchors.add(id);
      }
    }
  }
  return anchors;
}

function headingText(inline: Token | undefined): string {
  return (inline?.children ?? []).map(({ content }) => content).join("");
}

/** Reads what is to be checked of Markdown text. */
export function parsePage(file: string, text: string): Page {
  const tokens = markdown.parse(withoutFrontMatter(text), {});
  return {
    file,
    blocks: blocksOf(tokens),
    links: linksOf(tokens),
    anchors: anchorsOf(tokens),
  };
}

/** Reads a page of the repository. */
export function readPage(file: string): Page {
  return parsePage(file, readFileSync(join(ROOT, file), "utf8"));
}
