import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "../..");

/** A user's project beside ours, with the same packages. */
export interface Project {
  readonly folder: string;
  write(file: string, text: string): string;
  remove(): void;
}

/** Makes an empty project in which `trpc-aws-subscriptions` is our source. */
export function createProject(): Project {
  const folder = mkdtempSync(join(tmpdir(), "cli-project-"));
  const write = (file: string, text: string): string => {
    const path = join(folder, file);
    mkdirSync(join(path, ".."), { recursive: true });
    writeFileSync(path, text);
    return path;
  };
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  write("package.json", JSON.stringify({ type: "module" }));
  const paths = {
    "trpc-aws-subscriptions": [join(ROOT, "src/index.ts")],
    "trpc-aws-subscriptions/*": [join(ROOT, "src/*/index.ts")],
  };
  write("tsconfig.json", JSON.stringify({ compilerOptions: { paths } }));
  return { folder, write, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** A router with a subscription without history and one with it; what `version` answers tells which code serves. */
export function routerSource(version: string): string {
  return `
import { initTRPC } from "@trpc/server";
import { initSubscriptions } from "trpc-aws-subscriptions";
import { z } from "zod";

export const subscriptions = initSubscriptions<{ userId: string }>();
const t = initTRPC.context<{ userId: string }>().create();
export const appRouter = t.router({
  version: t.procedure.query(() => ${JSON.stringify(version)}),
  onMessage: t.procedure.input(z.object({ room: z.string() })).subscription(subscriptions.resolver<string>()),
  say: t.procedure.input(z.object({ room: z.string() })).mutation(async ({ input }) => {
    const { publisher } = await import("./handlers.ts");
    const filter = { name: "byRoom", input } as const;
    return publisher.routes.onMessage.publish({ data: "hello", filter });
  }),
  onFeed: t.procedure
    .input(z.object({ room: z.string(), lastEventId: z.string().nullish() }))
    .subscription(subscriptions.resolver<string>({ history: {} })),
  keep: t.procedure.input(z.object({ room: z.string() })).mutation(async ({ input }) => {
    const { publisher } = await import("./handlers.ts");
    const filter = { name: "byRoom", input } as const;
    return publisher.routes.onFeed.publish({ data: "kept", filter, key: input.room });
  }),
});
`;
}

/** Handlers of {@link routerSource}. */
export const HANDLERS = `
import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "trpc-aws-subscriptions";
import { sqs } from "trpc-aws-subscriptions/sqs";
import { appRouter, subscriptions } from "./router.ts";

const app = subscriptions
  .router({ router: appRouter })
  .store({
    store: dynamodb({
      tableName: process.env["TABLE_NAME"] ?? "",
      dynamoDBClient: new DynamoDBClient({}),
      namespace: "a#b",
    }),
  })
  .routes.onMessage.filter({ name: "byRoom", input: { room: true } })
  .routes.onMessage.filter({ name: "byUser", ctx: { userId: true } })
  .routes.onFeed.filter({ name: "byRoom", input: { room: true } });

export const connect = app.connect({
  authorize: ({ query }) => ({ session: { userId: query["user"] ?? "" } }),
});
export const disconnect = app.disconnect();
export const handler = app.handler({
  createContext: ({ connection }) => ({ userId: connection.session.userId }),
});
const endpoint = process.env["WEBSOCKET_ENDPOINT"] ?? "";
const fanOut = sqs({ queueUrl: process.env["QUEUE_URL"] ?? "", threshold: 1 });
export const publisher = app.publisher({ endpoint, fanOut });
export const worker = app.fanOutHandler({ endpoint, fanOut });
console.log(\`loaded with \${process.env["EXTRA"]}\`);
`;
