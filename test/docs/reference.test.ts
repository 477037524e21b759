import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { brokenLinks } from "../../docs/check/links.ts";
import { type Page, parsePage, readPage } from "../../docs/check/page.ts";
import { markdownFiles } from "../../docs/check/repository.ts";
import { headingsOf } from "../../docs/reference/pages.ts";
import { type Reference, readReference } from "../../docs/reference/reference.ts";

const folder = mkdtempSync(join(tmpdir(), "reference-"));
const pages = markdownFiles().map(readPage);
let reference: Reference;
let headings: ReadonlyMap<string, ReadonlySet<string>>;

beforeAll(async () => {
  reference = await readReference();
  await reference.write(folder);
  headings = headingsOf(folder);
}, 120_000);

afterAll(() => rmSync(folder, { recursive: true, force: true }));

it("finds a comment on every export, and what each of their links names", () => {
  expect(reference.problems).toEqual([]);
});

it("has a page for what every subpath exports", () => {
  expect([...headings.keys()]).toEqual(
    expect.arrayContaining([
      "index.md",
      "index/classes/TransportError.md",
      "appsync-events/functions/appsync.md",
      "client/appsync-events/functions/appsyncLink.md",
      "client/functions/apiGatewayPreset.md",
      "client/functions/resilientWebSocket.md",
      "local/functions/startGateway.md",
      "sqs/functions/sqs.md",
      "testing/functions/memory.md",
    ]),
  );
});

it("is where the links of all pages lead, as the other pages and their headings are", () => {
  expect(brokenLinks(pages, headings)).toEqual([]);
});

const LINKS: readonly (readonly [href: string, problem: string | undefined])[] = [
  ["../README.md#limits", undefined],
  ["../README.md#limitz", "has no such heading"],
  ["../READMI.md", "does not exist"],
  ["../src", undefined],
  ["../src/errors.ts#L4", "has an anchor, but is no page"],
  ["#title", undefined],
  ["#titel", "has no such heading"],
  ["../../outside.md", "is not in the repository"],
  ["/start", "is not in the repository"],
  ["./api/index/classes/TransportError.md#failure", undefined],
  ["./api/index/classes/TransportError.md#failures", "has no such heading"],
  ["./api/index/classes/TransportErrors.md", "does not exist"],
  ["https://aws.amazon.com/sqs/pricing", undefined],
  ["http://aws.amazon.com", "begins with http: instead of https:"],
  ["https://", "is no address"],
  ["https://pricing", "names no host"],
];

it.each(LINKS)("says of a link to %s: %s", (href, problem) => {
  const page: Page = parsePage("docs/page.md", `# Title\n\n[text](${href})\n`);
  const broken = brokenLinks([...pages, page], headings);
  expect(broken.filter((text) => text.startsWith(`${page.file}:`))).toEqual(
    problem === undefined ? [] : [`docs/page.md:3: ${href} ${problem}`],
  );
});
