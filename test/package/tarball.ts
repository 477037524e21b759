/**
 * Packs the package, unpacks it beside its peers in an empty project, and uses every subpath as ESM and as CJS.
 *
 * Needs `npm run build` first.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
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

const project = mkdtempSync(join(tmpdir(), "tarball-"));
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
    .filter((path) => !/^(dist\/|README\.md$|LICENSE$|package\.json$)/.test(path));
  assert.deepEqual(foreign, [], "the tarball holds files that users do not need");

  const modules = join(project, "node_modules");
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
  process.stdout.write(
    `tarball: ${files.length} files, ${SUBPATHS.length} subpaths as ESM and CJS, types compile, tracked() recognised in both\n`,
  );
} finally {
  rmSync(project, { recursive: true, force: true });
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
