import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { NAME, type Project, ROOT } from "./project.ts";

const HANDLERS = `import { initTRPC } from "@trpc/server";
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb, initSubscriptions } from "trpc-aws-subscriptions";
const subscriptions = initSubscriptions();
const t = initTRPC.create();
const router = t.router({ onEvent: t.procedure.subscription(subscriptions.resolver()) });
const store = dynamodb({ tableName: process.env.TABLE_NAME, dynamoDBClient: new DynamoDBClient({}) });
export const webSocketHandler = subscriptions.router({ router }).store({ store }).webSocketHandler();
`;

/** What a project installs when the command asks for it. */
const INSTALLED_LATER: readonly string[] = [
  "tsx",
  "esbuild",
  "get-tsconfig",
  "resolve-pkg-maps",
  "@esbuild",
  "@dynoxide",
];

/** Calls the command as `npx` does: by its name, in the project that has installed the package. */
export async function callCommand({ folder }: Project): Promise<void> {
  const modules = join(folder, "node_modules");
  const manifest = JSON.parse(readFileSync(join(modules, NAME, "package.json"), "utf8"));
  const main = join(modules, NAME, manifest.bin[NAME]);
  mkdirSync(join(modules, ".bin"));
  symlinkSync(main, join(modules, ".bin", NAME));
  const call = (...args: readonly string[]) =>
    spawnSync("npx", ["--no-install", NAME, ...args], { cwd: folder, encoding: "utf8", env });
  const env = {
    ...process.env,
    PATH: `${join(process.execPath, "..")}:/usr/bin:/bin`,
    DYNAMODB_ENDPOINT: "",
  };
  assert.match(call("--help").stdout, /dev \[options\] <handlers>/);
  assert.equal(call("--version").stdout.trim(), manifest.version);

  writeFileSync(join(folder, "handlers.mjs"), HANDLERS);
  writeFileSync(join(folder, "handlers.ts"), HANDLERS);
  const lines = [
    ["handlers.ts", /^error: .*handlers\.ts is TypeScript, .* npm install --save-dev tsx\..*\n$/],
    ["handlers.mjs", /^error: found no DynamoDB for local use\. .*\n$/],
  ] as const;
  for (const [file, line] of lines) {
    const { status, stderr } = call("dev", file, "--port", "0");
    assert.match(stderr, line);
    assert.equal(status, 1);
  }

  for (const name of INSTALLED_LATER) {
    const source = join(ROOT, "node_modules", name);
    if (existsSync(source)) symlinkSync(source, join(modules, name));
  }
  for (const file of ["handlers.mjs", "handlers.ts"]) await serve(folder, [main, "dev", file]);
}

/** Starts `dev`, and ends it once it serves. */
async function serve(folder: string, command: readonly string[]): Promise<void> {
  const child = spawn(process.execPath, [...command, "--port", "0", "--json"], {
    cwd: folder,
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(child, "close");
  let output = "";
  for await (const chunk of child.stdout) {
    output += chunk;
    if (output.includes('"type":"ready"')) child.kill("SIGTERM");
  }
  const [exitCode] = await ended;
  assert.equal(exitCode, 0, `${command.slice(1).join(" ")} printed ${output}`);
  assert.match(output, /"type":"ready","url":"ws:/);
}
