import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { z } from "zod";

const ROOT = join(import.meta.dirname, "../..");
const read = (file: string): unknown => JSON.parse(readFileSync(join(ROOT, file), "utf8"));
const texts = z.record(z.string(), z.string());

const manifest = z
  .looseObject({ files: z.array(z.string()), scripts: texts, peerDependencies: texts })
  .parse(read("package.json"));

const lock = z
  .object({
    lockfileVersion: z.literal(3),
    packages: z.record(
      z.string(),
      z.object({
        integrity: z.string().optional(),
        resolved: z.string().optional(),
        link: z.boolean().optional(),
        optional: z.boolean().optional(),
        dev: z.boolean().optional(),
        inBundle: z.boolean().optional(),
        os: z.array(z.string()).optional(),
        hasInstallScript: z.boolean().optional(),
      }),
    ),
  })
  .parse(read("package-lock.json"));

/** What npm downloads, by its place in the tree. What comes in the tarball of another is pinned by that one's hash. */
const downloads = Object.entries(lock.packages).filter(
  ([place, { link, inBundle }]) =>
    place.startsWith("node_modules/") && link !== true && inBundle !== true,
);

it("S22: the package has no dependency of its own, and only these peers", () => {
  for (const field of ["dependencies", "optionalDependencies", "bundleDependencies"]) {
    expect(manifest).not.toHaveProperty(field);
  }
  expect(Object.keys(manifest.peerDependencies).toSorted()).toEqual([
    "@aws-sdk/client-apigatewaymanagementapi",
    "@aws-sdk/client-dynamodb",
    "@aws-sdk/client-iot-data-plane",
    "@aws-sdk/client-sqs",
    "@aws-sdk/lib-dynamodb",
    "@trpc/client",
    "@trpc/server",
    "tsx",
    "ws",
  ]);
});

it("S22: installing the package runs nothing, and publishes nothing but `dist`, with one command, and the changelog", () => {
  // https://docs.npmjs.com/cli/using-npm/scripts#life-cycle-scripts
  const lifecycle =
    /^(pre|post)?(install|uninstall|prepare|pack|publish|version|dependencies)$|^prepublish/;
  // It builds what is packed by hand, and nothing where the packed package is installed.
  expect(Object.keys(manifest.scripts).filter((name) => lifecycle.test(name))).toEqual(["prepack"]);
  expect(manifest.files).toEqual(["dist", "CHANGELOG.md"]);
  expect(manifest).toHaveProperty("bin", { "trpc-aws-subscriptions": "./dist/cli/main.mjs" });
});

it("S22: the lockfile pins what it downloads by hash, and names no host of its own", () => {
  expect(downloads.length).toBeGreaterThan(100);
  const hosts = Object.values(lock.packages).flatMap(({ resolved, link }) =>
    resolved === undefined || link === true ? [] : [resolved],
  );
  expect(hosts).toEqual([]);
  const unpinned = downloads.filter(([, { integrity }]) => !integrity?.startsWith("sha512-"));
  // npm writes no hash of a build for another platform than the one it ran on.
  const builds = unpinned.filter(([, { optional, dev, os }]) => optional && dev && os?.length);
  expect(unpinned.map(([place]) => place)).toEqual(builds.map(([place]) => place));
});

it("S22: of the development tools only esbuild runs a script when it is installed", () => {
  const places = downloads.filter(([, { hasInstallScript }]) => hasInstallScript === true);
  const names = places.map(([place]) => place.split("node_modules/").at(-1));
  expect([...new Set(names)]).toEqual(["esbuild"]);
});
