/** What runs in the browser: one subscription, over the link that the URL asks for. */
import {
  createTRPCClient,
  createWSClient,
  httpBatchLink,
  type TRPCLink,
  wsLink,
} from "@trpc/client";
import { appsyncLink } from "trpc-aws-subscriptions/client/appsync-events";
import { iotLink, iotWebSocket } from "trpc-aws-subscriptions/client/iot-core";
import type { AppRouter } from "../../../examples/scores/src/router.ts";

interface Page {
  readonly location: { readonly search: string; readonly origin: string };
  /** What the subscription told, for the test to read. */
  told: string[];
}

const page = globalThis as unknown as Page;
const query = new URLSearchParams(page.location.search);
const url = query.get("url") ?? "";
const http = httpBatchLink<AppRouter>({ url: `${page.location.origin}/trpc` });
const authorizer = "subscriptions";

const LINKS: Readonly<Record<string, () => TRPCLink<AppRouter>>> = {
  iot: () => iotLink<AppRouter>({ http, url, authorizer, backOffMs: [10] }),
  appsync: () => appsyncLink<AppRouter>({ http, url, backOffMs: [10] }),
  direct() {
    const WebSocket = iotWebSocket({ prefix: ["myapp", "dev"], authorizer });
    return wsLink({ client: createWSClient({ url, WebSocket, retryDelayMs: () => 10 }) });
  },
};

page.told = [];
const link = LINKS[query.get("link") ?? ""]?.();
if (link === undefined) throw new Error("the URL asks for no link");
createTRPCClient<AppRouter>({ links: [link] }).onScore.subscribe(
  { match: "final" },
  {
    onStarted: () => void page.told.push("started"),
    onData: ({ home, away }) => void page.told.push(`${home}:${away}`),
    onError: ({ message }) => void page.told.push(message),
  },
);
