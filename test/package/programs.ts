import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { NAME, type Project, ROOT } from "./project.ts";

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

/** Imports every subpath as ESM and as CJS, and subscribes and publishes in both. */
export async function runPrograms(project: Project): Promise<void> {
  const names = JSON.stringify(specifiersOf(project));
  const checked = (load: string): string => `${PROGRAM}
(async () => {
  for (const name of ${names}) {
    if (Object.keys(await ${load}(name)).length === 0) throw new Error(name + " is empty");
  }
  await main(await ${load}("@trpc/server"), await ${load}("${NAME}"), await ${load}("${NAME}/testing"));
})().catch((error) => { console.error(error); process.exit(1); });`;
  await Promise.all([
    project.run("program.mjs", checked("import")),
    project.run("program.cjs", checked("require")),
  ]);
}

/**
 * Compiles the README's chain and every subpath in both formats, against the packed types: by TypeScript 7 and the oldest that
 * README.md names, which check the declaration files as well, those of the SDK among them, and by the one before the newest.
 */
export async function compileTypes(project: Project): Promise<void> {
  const { folder } = project;
  const chain = readFileSync(join(ROOT, "test/e2e/readmeChain.ts"), "utf8");
  const subpaths = specifiersOf(project)
    .map((name, index) => `export * as subpath${index} from "${name}";\n`)
    .join("");
  const sources = {
    "chain.mts": chain,
    // CommonJS has no top-level await.
    "chain.cts": chain.replace(/^await /m, "export const report = "),
    "subpaths.mts": subpaths,
    "subpaths.cts": subpaths,
  };
  for (const [file, source] of Object.entries(sources)) writeFileSync(join(folder, file), source);
  const options = ["--strict", "--declaration", "--module", "nodenext", "--target", "es2022"];
  const settings = ["--types", "node", "--outDir", "out", ...Object.keys(sources)];
  const compilers = [
    ["test/compiler/node_modules/typescript/bin/tsc"],
    ["node_modules/typescript/bin/tsc", "--skipLibCheck"],
    ["test/oldest-compiler/node_modules/typescript/bin/tsc"],
  ];
  for (const [tsc = "", ...more] of compilers) {
    const args = [join(ROOT, tsc), ...options, ...more, ...settings];
    const compile = promisify(execFile)(process.execPath, args, { cwd: folder });
    const { stdout } = await compile.catch((error: { readonly stdout: string }) => {
      if (error.stdout === "") throw error;
      return error;
    });
    assert.deepEqual(stdout.split("\n").filter(isOurs), []);
  }
}

/** Whether a message of the compiler is about us: tRPC's own declarations for `ws` do not compile as ES modules. */
const isOurs = (message: string): boolean =>
  /^\S/.test(message) && !/node_modules\/(?!trpc-aws-subscriptions\/)/.test(message);

function specifiersOf({ subpaths }: Project): readonly string[] {
  return [...subpaths.keys()].map((subpath) => `${NAME}${subpath.slice(1)}`);
}
