import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { z } from "zod";
import { entryProblems } from "./entries.ts";
import { readWorkflow, releaseProblems, workflowProblems } from "./workflows.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string): string => readFileSync(join(ROOT, file), "utf8");

const texts = z.record(z.string(), z.string());
const manifest = z
  .object({
    name: z.string(),
    version: z.string(),
    engines: z.object({ node: z.string() }),
    publishConfig: z.record(z.string(), z.unknown()),
    workspaces: z.array(z.string()),
    scripts: texts,
  })
  .parse(JSON.parse(read("package.json")));

const FOLDER = ".github/workflows";
const workflows = readdirSync(join(ROOT, FOLDER)).map(
  (file) => [file, read(`${FOLDER}/${file}`)] as const,
);
const release = read(`${FOLDER}/release.yml`);
const verify = readWorkflow(read(`${FOLDER}/verify.yml`));

describe("the workflows", () => {
  it.each(workflows)(
    "%s pins its actions, takes no secret and gives no job too much",
    (_, text) => {
      expect(workflowProblems(text)).toEqual([]);
    },
  );

  it.each(workflows)("%s runs npm scripts that exist", (_, text) => {
    const scripts = [...text.matchAll(/npm run ([\w:-]+)/g)].map(([, script]) => script);
    expect(Object.keys(manifest.scripts)).toEqual(expect.arrayContaining(scripts));
  });

  it("test on the oldest Node that is promised, and on the later long-term ones", () => {
    const nodes = verify.jobs["test"]?.strategy?.matrix.node;
    expect(nodes?.map((node) => `>=${node}`)[0]).toBe(manifest.engines.node);
    expect(nodes?.map((node) => Number.parseInt(node, 10))).toEqual([20, 22, 24]);
    expect(Object.keys(verify.on)).toEqual(["pull_request", "workflow_call"]);
  });

  it("pack what was built and checked; whoever packs by hand gets what is in src", () => {
    expect(manifest.scripts["prepack"]).toBe("npm run build");
    expect(release.match(/npm pack.*/g)).toEqual(["npm pack --ignore-scripts"]);
  });

  it("publish as SECURITY.md says: CI alone, trusted publishing, provenance, no token", () => {
    expect(releaseProblems(release)).toEqual([]);
    expect(Object.keys(readWorkflow(release).on)).toEqual(["push"]);
    expect(manifest.publishConfig).toEqual({ access: "public", provenance: true });
  });
});

/** A mistake as somebody could make it: a place in release.yml, what is put there, and what is said about it. */
const MISTAKES: readonly (readonly [place: string, wrong: string, problem: string])[] = [
  ["@08c6903cd8c0fde910a37f88322edcfb5dd907a8 #", "@v5 #", "pinned by its hash"],
  ["permissions: {}", "permissions:\n  contents: write", "every job may write"],
  ["{{ github.token }}", "{{ secrets.PAT }}", "takes a secret"],
  ["run: npm ci", `run: echo \${{ github.ref_name }}`, "expression in a command"],
  ["    timeout-minutes: 5\n", "", "tag: it may run for ever"],
  ["      pull-requests: write", "      id-token: write", "2 jobs may get an identity"],
  ["      id-token: write", "      contents: write", "0 jobs may get an identity"],
  ["id-token: write", "id-token: write\n      contents: write", "may also use contents"],
  ["      # npm 11.5.1 is", "      - run: npm ci\n      # npm 11.5.1 is", "publish runs more"],
  ["actions/download-artifact@", "actions/checkout@", "publish runs actions/checkout"],
  [" --provenance", "", "publish runs more"],
  ["    environment: npm\n", "", "no environment"],
  ["    needs: verify\n", "", "does not wait for the tests"],
  ["./.github/workflows/verify.yml", "./.github/workflows/lint.yml", "no test run"],
];

it.each(MISTAKES)("a release with a mistake at %j is refused", (place, wrong, problem) => {
  expect(release).toContain(place);
  const text = release.replace(place, () => wrong);
  const problems = [...workflowProblems(text), ...releaseProblems(text)];
  expect(problems).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
});

describe("the changelog", () => {
  it("has the version that package.json has", () => {
    expect(read("CHANGELOG.md")).toContain(`\n## ${manifest.version}\n`);
  });

  // Of a repository with workspaces the tool sees the workspaces alone.
  it("is made for this package, which is a workspace of itself, and for no private one", () => {
    expect(manifest.workspaces).toContain(".");
    const others = manifest.workspaces.filter((workspace) => workspace !== ".");
    const published = others.filter(
      (at) => JSON.parse(read(`${at}/package.json`)).private !== true,
    );
    expect(published).toEqual([]);
    expect(JSON.parse(read(".changeset/config.json"))).toMatchObject({
      access: "public",
      privatePackages: { version: false, tag: false },
    });
  });

  it("gets entries for this package that are sentences", () => {
    const files = readdirSync(join(ROOT, ".changeset")).filter((file) => file.endsWith(".md"));
    const problems = files.flatMap((file) => entryProblems(read(`.changeset/${file}`)));
    expect(problems).toEqual([]);
  });
});

const entry = (name: string, bump: string, text: string): string =>
  `---\n"${name}": ${bump}\n---\n\n${text}\n`;

it.each([
  [entry("trpc-aws-subscriptions", "minor", "`publish` says why nobody matched, so that …."), []],
  [entry("trpc-aws-subscriptions-bench", "minor", "It is quicker."), ["names another package"]],
  [
    entry("trpc-aws-subscriptions", "tiny", "It is quicker."),
    ["is neither major, minor nor patch"],
  ],
  [entry("trpc-aws-subscriptions", "patch", "fix bug"), ["is no sentence"]],
  [entry("trpc-aws-subscriptions", "patch", ""), ["is no sentence"]],
  ["It is quicker.", ["has no front matter"]],
])("of the changeset %j it says %j", (text, problems) => {
  expect(entryProblems(text)).toEqual(problems);
});
