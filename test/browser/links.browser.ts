import { fileURLToPath } from "node:url";
import { IoTDataPlaneClient } from "@aws-sdk/client-iot-data-plane";
import { createHTTPServer } from "@trpc/server/adapters/standalone";
import { build } from "esbuild";
import type { Browser } from "playwright-core";
import type { GrantRouter } from "trpc-aws-subscriptions";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { memory, startAppSyncEvents, startIotCore } from "trpc-aws-subscriptions/testing";
import { afterAll, beforeAll, expect, it, onTestFinished } from "vitest";
import { appRouter, type Score, scoreOf, scores, t } from "../../examples/scores/src/router.ts";
import { PREFIX, serveDirect } from "../direct/stack.ts";
import { served } from "../httpServer.ts";
import { launchChromium } from "./chromium.ts";

const SECRET = "a secret of the tests, 32 bytes and more";

let browser: Browser;
let script: string;

beforeAll(async () => {
  const launched = launchChromium(process.env["CHROMIUM_PATH"] ?? "");
  const { outputFiles } = await build({
    entryPoints: [fileURLToPath(new URL("links/page.ts", import.meta.url))],
    bundle: true,
    format: "esm",
    platform: "browser",
    target: "es2022",
    write: false,
  });
  script = outputFiles[0]?.text ?? "";
  browser = await launched;
});
afterAll(() => browser.close());

/** A broker, and what there is to it. It ends with the test. */
interface Stack {
  readonly url: string;
  readonly grants?: GrantRouter;
  publish(score: Score): Promise<object>;
  /** Ends all connections, as a network does. */
  drop(): unknown;
}

const STACKS: Readonly<Record<string, () => Promise<Stack>>> = {
  async iot() {
    const chain = scores.engine(iot({ prefix: PREFIX, secret: SECRET }));
    const broker = await startIotCore({ authorizers: { subscriptions: chain.authorizer() } });
    const sdk = new IoTDataPlaneClient(broker.clientConfig);
    onTestFinished(async () => {
      await broker.stop();
      sdk.destroy();
    });
    const { routes } = chain.publisher({ client: sdk });
    return {
      url: broker.url,
      grants: chain.grantRouter(t),
      publish: (score) => routes.onScore.publish(scoreOf(score)),
      drop: () => broker.clientIds().map((id) => broker.dropConnection(id)),
    };
  },
  async appsync() {
    const chain = scores.engine(appsync({ namespace: "scores", secret: SECRET }));
    const api = await startAppSyncEvents({
      namespaces: { scores: {} },
      apiKeys: ["da2-local"],
      authorizer: chain.authorizer(),
      connectAuthModes: ["AWS_LAMBDA"],
      subscribeAuthModes: ["AWS_LAMBDA"],
    });
    onTestFinished(() => api.stop());
    const { routes } = chain.publisher({ url: api.url, apiKey: "da2-local" });
    return {
      url: api.url,
      grants: chain.grantRouter(t),
      publish: (score) => routes.onScore.publish(scoreOf(score)),
      drop: () => api.dropConnections(),
    };
  },
  async direct() {
    const chain = scores.engine(iot({ prefix: PREFIX, delivery: "direct", store: memory() }));
    const { url, publisher, broker } = await serveDirect(chain);
    return {
      url,
      publish: (score) => publisher.routes.onScore.publish(scoreOf(score)),
      drop: () => broker.clientIds().map((id) => broker.dropConnection(id)),
    };
  },
};

it.each(Object.keys(STACKS))(
  "the link %s hears in a browser what is for it, and again when its connection was lost",
  async (link) => {
    const stack = await (STACKS[link] as () => Promise<Stack>)();
    const { grants } = stack;
    const router = grants === undefined ? appRouter : t.mergeRouters(appRouter, grants);
    const origin = await served(createHTTPServer({ router, basePath: "/trpc/" }));
    const context = await browser.newContext();
    onTestFinished(() => context.close());
    const page = await context.newPage();
    const html = `<!doctype html><script type="module">${script}</script>`;
    await page.route(`${origin}/?*`, (route) =>
      route.fulfill({ contentType: "text/html", body: html }),
    );
    await page.goto(`${origin}/?${new URLSearchParams({ link, url: stack.url })}`);
    const told = (): Promise<readonly string[]> =>
      page.evaluate(() => Reflect.get(globalThis, "told") as string[]);
    const heard = async (count: number): Promise<readonly string[]> => {
      await expect.poll(async () => (await told()).length, { timeout: 30_000 }).toBe(count);
      return told();
    };
    expect(await heard(1)).toEqual(["started"]);
    await stack.publish({ match: "semi-final", home: 9, away: 9 });
    await stack.publish({ match: "final", home: 1, away: 0 });
    expect(await heard(2)).toEqual(["started", "1:0"]);
    stack.drop();
    expect(await heard(3)).toEqual(["started", "1:0", "started"]);
    await stack.publish({ match: "final", home: 2, away: 0 });
    expect((await heard(4)).at(-1)).toBe("2:0");
  },
);
