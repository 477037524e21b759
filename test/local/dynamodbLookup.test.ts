import { chmod, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import type * as NodeModule from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, expect, onTestFinished, test, vi } from "vitest";
import { isSubscriptionsError } from "../../src/errors.ts";
import { DynamoDBNotFoundError, startDynamoDB } from "../../src/local/index.ts";

// The package is installed here; these tests are about machines without it.
vi.mock("node:module", async (importOriginal) => ({
  ...(await importOriginal<typeof NodeModule>()),
  createRequire: () => ({
    resolve: (id: string) => {
      throw new Error(`Cannot find module '${id}'`);
    },
  }),
}));

beforeEach(() => {
  vi.stubEnv("DYNAMODB_ENDPOINT", undefined);
});

afterEach(() => {
  vi.unstubAllEnvs();
});

/** Makes an empty folder the whole PATH. */
async function emptyPath(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "path-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  vi.stubEnv("PATH", folder);
  return folder;
}

test("with neither, the error tells all ways out", async () => {
  await emptyPath();
  const error: unknown = await startDynamoDB().catch((thrown: unknown) => thrown);
  expect(error).toBeInstanceOf(DynamoDBNotFoundError);
  expect(isSubscriptionsError(error)).toBe(true);
  for (const way of ["@dynoxide/linux-x64", "PATH", "DYNAMODB_ENDPOINT", "DynamoDB Local"]) {
    expect(String(error)).toContain(way);
  }
});

test("a program on PATH is used", async () => {
  const { createRequire } = await vi.importActual<typeof NodeModule>("node:module");
  const manifest = createRequire(import.meta.url).resolve("@dynoxide/linux-x64/package.json");
  await symlink(join(dirname(manifest), "dynoxide"), join(await emptyPath(), "dynoxide"));
  const dynamoDB = await startDynamoDB();
  onTestFinished(() => dynamoDB.stop());
  expect((await fetch(dynamoDB.endpoint)).status).toBeGreaterThanOrEqual(200);
});

test("a program that ends at once is an error with what it said", async () => {
  const program = join(await emptyPath(), "dynoxide");
  await writeFile(program, "#!/bin/sh\necho no such option >&2\nexit 3\n");
  await chmod(program, 0o755);
  await expect(startDynamoDB()).rejects.toMatchObject({
    code: "LOCAL",
    message: expect.stringContaining("no such option"),
  });
});
