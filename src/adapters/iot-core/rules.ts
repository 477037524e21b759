import { createTRPCRecursiveProxy } from "@trpc/server";
import type { BroadcastCore } from "../../broadcast/broadcastEngine.ts";
import { RuleEventError } from "../../errors/iotCore.ts";
import { BuilderError } from "../../errors.ts";
import { isRecord } from "../../subscriptions/valueKind.ts";
import type { IotSettings } from "./options.ts";
import type { IotConsumed, IotDisconnected, IotRuleHandler } from "./types.ts";

/** 26 characters of base 32, which a grant's client id has behind the prefix. */
const GRANTED_ID = /^[a-z2-7]{26}$/;

/** Makes `rules().routes`: `routes.a.b.topicFilter()` for whatever path is asked for. */
export function createRules(
  { prefix }: IotSettings,
  core: Pick<BroadcastCore, "app" | "routeLevel">,
): { readonly routes: object } {
  const routes = createTRPCRecursiveProxy<object>(({ path, args }) => {
    const route = path.slice(0, -1).join(".");
    const topicFilter = `${prefix}/${core.routeLevel(route)}/#`;
    switch (path.at(-1)) {
      case "topicFilter":
        return topicFilter;
      case "sql":
        return `SELECT * FROM '${topicFilter}'`;
      case "consumer":
        return consumer(core, args[0] as Consume);
      default:
        throw new BuilderError(
          `rules().routes.${path.join(".")}: a route has topicFilter, sql and consumer.`,
        );
    }
  });
  return { routes };
}

type Consume = (event: IotConsumed<unknown>) => Promise<void> | void;

function consumer({ app }: Pick<BroadcastCore, "app">, consume: Consume): IotRuleHandler {
  if (typeof consume !== "function") {
    throw new BuilderError("consumer(): expected a function for events.");
  }
  const { deserialize } = app.router._def._config.transformer.output;
  return async (event) => {
    if (!isRecord(event) || typeof event["m"] !== "string") {
      throw new RuleEventError("has no message id: it was not made by a publisher.");
    }
    const { m: messageId, i: id, d } = event;
    await consume({
      messageId,
      id: typeof id === "string" ? id : undefined,
      data: deserialize(d),
    });
  };
}

/** Makes the Lambda for lifecycle events of connections that ended. */
export function createDisconnected(
  { clientIdPrefix }: IotSettings,
  handle: (event: IotDisconnected) => Promise<void> | void,
): IotRuleHandler {
  if (typeof handle !== "function") {
    throw new BuilderError("disconnected(): expected a function for connections that ended.");
  }
  return async (event) => {
    if (!isRecord(event) || typeof event["clientId"] !== "string") {
      throw new RuleEventError("has no clientId: it is no lifecycle event.");
    }
    const { clientId, disconnectReason, timestamp } = event;
    const isOurs =
      clientId.startsWith(clientIdPrefix) && GRANTED_ID.test(clientId.slice(clientIdPrefix.length));
    if (!isOurs) return;
    await handle({
      clientId,
      reason: typeof disconnectReason === "string" ? disconnectReason : undefined,
      timestampMs: Number(timestamp),
    });
  };
}
