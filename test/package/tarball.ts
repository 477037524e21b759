/**
 * Packs the package, unpacks it beside its peers in an empty project, and uses every subpath as ESM and as CJS.
 *
 * Needs `npm run build` first.
 */
import assert from "node:assert/strict";
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";

const ROOT = join(import.meta.dirname, "../..");
const SUBPATHS = ["", "/client", "/local", "/sqs", "/testing"];
/** What the package may load: its peers. Everything else must be in the tarball. */
const PEERS = [
  "@trpc/client",
  "@trpc/server",
  "@aws-sdk",
  "@smithy",
  "@aws-crypto",
  "@aws",
  "tslib",
  "bowser",
  "fast-xml-parser",
  "ws",
  "zod",
  "@types",
];

/** `tracked()` of the project's own format must be recognised: the id has to arrive in the frame. */
const PROGRAM = `
async function main({ initTRPC, tracked }, { initSubscriptions }, testing) {
  const subscriptions = initSubscriptions();
  const t = initTRPC.create();
  const router = t.router({ onEvent: t.procedure.subscription(subscriptions.resolver()) });
  const app = subscriptions.router({ router }).store({ store: testing.memory() });
  const { client, endpoint, messages } = testing.recordingClient();
  await app.connect()(testing.connectEvent({ connectionId: "abc" }));
  const request = { id: 1, method: "subscription", params: { path: "onEvent" } };
  await app.handler({ client })(testing.messageEvent(request, { connectionId: "abc" }));
  const publisher = app.publisher({ client, endpoint });
  await publisher.routes.onEvent.publish({ data: tracked("event-1", "hello") });
  const [started, event] = messages("abc");
  if (started?.result?.type !== "started") throw new Error("no started frame: " + JSON.stringify(started));
  if (event?.result?.id !== "event-1") throw new Error("tracked() was not recognised: " + JSON.stringify(event));
  const gateway = testing.createTestGateway(app);
  const events = await gateway.listen((await gateway.connect()).client.onEvent);
  await gateway.publisher.routes.onEvent.publish({ data: tracked("event-2", "hello") });
  const { id } = await events.next();
  if (id !== "event-2") throw new Error("the test gateway did not deliver: " + JSON.stringify(id));
  await gateway.close();
}
`;

const NAME = "trpc-aws-subscriptions";
const HANDLERS = `import { initTRPC } from "@trpc/server";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({ onEvent: t.procedure.subscription(subscriptions.resolver()) });
const store = dynamodb({ tableName: process.env.TABLE_NAME, dynamoDBClient: new DynamoDBClient({}) });
export const webSocketHandler = subscriptions.router({ router }).store({ store }).webSocketHandler();
`;

const project = mkdtempSync(join(tmpdir(), "tarball-"));
const modules = join(project, "node_modules");
try {
  const packed = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", project], {
      cwd: ROOT,
      encoding: "utf8",
    }),
  ) as readonly [
    { readonly filename: string; readonly files: readonly { readonly path: string }[] },
  ];
  const [{ filename, files }] = packed;
  const foreign = files
    .map(({ path }) => path)
    .filter((path) => !/^(dist\/|README\.md$|CHANGELOG\.md$|LICENSE$|package\.json$)/.test(path));
  assert.deepEqual(foreign, [], "the tarball holds files that users do not need");

  mkdirSync(join(modules, "@trpc"), { recursive: true });
  execFileSync("tar", ["xzf", filename], { cwd: project });
  execFileSync("mv", [join(project, "package"), join(modules, "trpc-aws-subscriptions")]);
  for (const peer of PEERS) {
    const source = join(ROOT, "node_modules", peer);
    if (existsSync(source)) symlinkSync(source, join(modules, peer));
  }

  for (const subpath of SUBPATHS) {
    const name = `trpc-aws-subscriptions${subpath}`;
    run(
      "mjs",
      `const m = await import("${name}"); if (Object.keys(m).length === 0) throw new Error("empty");`,
    );
    run("cjs", `if (Object.keys(require("${name}")).length === 0) throw new Error("empty");`);
  }
  run(
    "mjs",
    `${PROGRAM} await main(await import("@trpc/server"), await import("trpc-aws-subscriptions"), await import("trpc-aws-subscriptions/testing"));`,
  );
  run(
    "cjs",
    `${PROGRAM} main(require("@trpc/server"), require("trpc-aws-subscriptions"), require("trpc-aws-subscriptions/testing")).catch((error) => { console.error(error); process.exit(1); });`,
  );
  typecheck();
  await callCommand();
  process.stdout.write(
    `tarball: ${files.length} files, ${SUBPATHS.length} subpaths as ESM and CJS, types compile, tracked() recognised in both, the command runs\n`,
  );
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** Calls the command as `npx` does: by its name, in the project that has installed the package. */
async function callCommand(): Promise<void> {
  const manifest = JSON.parse(readFileSync(join(modules, NAME, "package.json"), "utf8"));
  const main = join(modules, NAME, manifest.bin[NAME]);
  mkdirSync(join(modules, ".bin"));
  symlinkSync(main, join(modules, ".bin", NAME));
  const call = (...args: readonly string[]) =>
    spawnSync("npx", ["--no-install", NAME, ...args], { cwd: project, encoding: "utf8", env });
  const env = {
    ...process.env,
    PATH: `${join(process.execPath, "..")}:/usr/bin:/bin`,
    DYNAMODB_ENDPOINT: "",
  };
  assert.match(call("--help").stdout, /dev \[options\] <handlers>/);
  assert.equal(call("--version").stdout.trim(), manifest.version);

  writeFileSync(join(project, "handlers.mjs"), HANDLERS);
  writeFileSync(join(project, "handlers.ts"), HANDLERS);
  const lines = [
    ["handlers.ts", /^error: .*handlers\.ts is TypeScript, .* npm install --save-dev tsx\..*\n$/],
    ["handlers.mjs", /^error: found no DynamoDB for local use\. .*\n$/],
  ] as const;
  for (const [file, line] of lines) {
    const { status, stderr } = call("dev", file, "--port", "0");
    assert.match(stderr, line);
    assert.equal(status, 1);
  }

  for (const name of [
    "tsx",
    "esbuild",
    "get-tsconfig",
    "resolve-pkg-maps",
    "@esbuild",
    "@dynoxide",
  ]) {
    const source = join(ROOT, "node_modules", name);
    if (existsSync(source)) symlinkSync(source, join(modules, name));
  }
  for (const file of ["handlers.mjs", "handlers.ts"]) await serve(main, file);
}

/** Starts `dev`, and ends it once it serves. */
async function serve(main: string, file: string): Promise<void> {
  const child = spawn(process.execPath, [main, "dev", file, "--port", "0", "--json"], {
    cwd: project,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('"type":"ready"')) child.kill("SIGTERM");
  }
  const [exitCode] = await ended;
  assert.equal(exitCode, 0, `dev ${file} printed ${output}`);
  assert.match(output, /"type":"ready","url":"ws:/);
}

/** Compiles the README's chain in both formats, declaration files included, against the packed types. */
function typecheck(): void {
  const chain = readFileSync(join(ROOT, "test/e2e/readmeChain.ts"), "utf8");
  writeFileSync(join(project, "chain.mts"), chain);
  // CommonJS has no top-level await.
  writeFileSync(join(project, "chain.cts"), chain.replace(/^await /m, "export const report = "));
  const options = ["--strict", "--declaration", "--module", "nodenext", "--target", "es2022"];
  const settings = ["--types", "node", "--outDir", join(project, "out")];
  const files = ["chain.mts", "chain.cts"];
  execFileSync(
    process.execPath,
    [join(ROOT, "node_modules/typescript/bin/tsc"), ...options, ...settings, ...files],
    { cwd: project, stdio: "inherit" },
  );
}

/** Runs a program in the project, with `require` of ES modules off as on Lambda. */
function run(extension: "mjs" | "cjs", source: string): void {
  const file = join(project, `program-${readdirSync(project).length}.${extension}`);
  writeFileSync(file, source);
  execFileSync(process.execPath, ["--no-experimental-require-module", file], {
    cwd: project,
    stdio: "inherit",
  });
}
