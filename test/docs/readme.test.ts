import { readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, it } from "vitest";

const ROOT = join(import.meta.dirname, "../..");

/** What a block takes for granted, by a text that it contains. */
const SURROUNDINGS: readonly (readonly [marker: string, declarations: string])[] = [
  ["initTRPC.context<AppContext>()", ""],
  [
    "allowedOrigins",
    `import type { AnyTRPCRouter } from "@trpc/server";
import type { ApiGatewayHandlers } from "trpc-aws-subscriptions";
declare const appSubscriptions: ApiGatewayHandlers<AnyTRPCRouter, never, { userId: string }>;
declare function verify(token: string | undefined): Promise<{ id: string; exp: number }>;`,
  ],
  [
    "async *onStart",
    `import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";
const subscriptions = initSubscriptions();
interface Message { readonly from: string }
declare function lastMessage(room: string): Promise<Message>;
declare function leave(userId: string): Promise<void>;`,
  ],
  [
    "getRemainingTimeInMillis",
    `import type { appRouter } from "./newsRouter.ts";
import type { Publisher } from "trpc-aws-subscriptions";
declare const publisher: Publisher<typeof appRouter, never>;`,
  ],
  [
    "sqs({ queueUrl",
    `import type { AnyTRPCRouter } from "@trpc/server";
import type { ApiGatewayHandlers } from "trpc-aws-subscriptions";
declare const appSubscriptions: ApiGatewayHandlers<AnyTRPCRouter, never, unknown>;
declare const endpoint: string;`,
  ],
  ["createTestGateway(", ""],
  [
    "apiGatewayPreset",
    `import type { appRouter } from "../e2e/readmeChain.ts";
type AppRouter = typeof appRouter;
declare function token(): string;
declare const console: { log(text: string): void };`,
  ],
  [
    "initSubscriptions({",
    "declare const console: { log(text: string): void; warn(text: string): void };",
  ],
];

const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, block = ""]) => block);

it("has a block for everything it shows", () => {
  expect(blocks).toHaveLength(SURROUNDINGS.length);
});

it("shows a test that runs here as it stands there", () => {
  const shown = blocks.find((text) => text.includes("createTestGateway("));
  expect(shown).toBe(readFileSync(join(import.meta.dirname, "testing.test.ts"), "utf8"));
});

it("compiles", { timeout: 60_000 }, () => {
  const sources = SURROUNDINGS.map(([marker, declarations]) => {
    const block = blocks.find((text) => text.includes(marker));
    return `${declarations}\n${block ?? `the README has no block with ${marker}`}`;
  });
  const wrong = 'export const n: number = "text";';
  const [wrongProblems, ...problems] = problemsOf([wrong, ...sources]);
  expect(wrongProblems).toHaveLength(1);
  expect(problems).toEqual(sources.map(() => []));
});

/** Compiler messages of each module, as if they all stood beside this file. */
function problemsOf(sources: readonly string[]): readonly (readonly string[])[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
  const files = new Map(
    sources.map((source, index) => [join(import.meta.dirname, `block${index}.ts`), source]),
  );
  const host = ts.createCompilerHost(options);
  const { getSourceFile, fileExists, readFile } = host;
  host.fileExists = (name) => files.has(name) || fileExists(name);
  host.readFile = (name) => files.get(name) ?? readFile(name);
  host.getSourceFile = (name, ...rest) => {
    const source = files.get(name);
    return source === undefined
      ? getSourceFile(name, ...rest)
      : ts.createSourceFile(name, source, ts.ScriptTarget.ES2023);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].map((name) => {
    const file = program.getSourceFile(name);
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)].map(
      ({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"),
    );
  });
}
