import type { AnyTRPCProcedure, AnyTRPCRouter, TrackedEnvelope } from "@trpc/server";
import type { BroadcastCore } from "../../broadcast/broadcastEngine.ts";
import { BuilderError } from "../../errors.ts";
import { canonicalChannel } from "../../protocol/appSyncEvents.ts";
import type { Envelope } from "../../protocol/broadcast.ts";
import type { RouteTypesOf } from "../../subscriptions/brand.ts";
import type { RouteKey } from "../../subscriptions/routes.ts";
import type { AppSyncPublishEvent, AppSyncPublishResult } from "./event.ts";

/**
 * The handler of the function behind a namespace's `onPublish`.
 *
 * @category AppSync Events
 */
export type AppSyncPublishHandler = (event: AppSyncPublishEvent) => Promise<AppSyncPublishResult>;

/** An event on its way to one channel. */
export interface PassingEvent<TData> {
  /** As it was given to `publish`, out of its `tracked()`. */
  readonly data: TData;
  /** Id of a `tracked()` event. */
  readonly id?: string;
  /** The report's `messageId`: the same for each channel of one publish. */
  readonly messageId: string;
  /** For example `/myapp-prod/room/f-byRoom/…`. */
  readonly channel: string;
}

/** Sees an event before it is broadcast; throwing stops it. */
export type PublishHook<TData = unknown> = (event: PassingEvent<TData>) => Promise<void> | void;

/** Hooks of routes, by the same names as the router has them. */
export type PublishHooks<TRecord> = {
  readonly [K in RouteKey<TRecord>]?: TRecord[K] extends AnyTRPCProcedure
    ? PublishHook<DataOf<RouteTypesOf<TRecord[K]>["published"]>>
    : PublishHooks<TRecord[K]>;
};

type DataOf<TPublished> = TPublished extends TrackedEnvelope<infer TData> ? TData : TPublished;

/**
 * Makes the handler.
 *
 * @param prefix - of all channels, `/myapp-prod` for example
 * @throws {@link BuilderError} for hooks of what is no route, or what is no function
 */
export function createPublishHandler(
  core: BroadcastCore,
  prefix: string,
  hooks: object,
): AppSyncPublishHandler {
  const byLevel = new Map(
    hooksByPath(hooks).map(([path, hook]) => [core.routeLevel(path), hook] as const),
  );
  const { transformer } = core.app.router._def._config;
  const deserialize = (data: unknown): unknown => transformer.output.deserialize(data);
  return async ({ events, info }) => {
    const channel = canonicalChannel(info.channel.path);
    const [level = ""] = channel.startsWith(`${prefix}/`)
      ? channel.slice(prefix.length + 1).split("/")
      : [];
    const hook = byLevel.get(level);
    if (hook === undefined) return { events };
    const passing = events.map(async ({ id, payload }) => {
      const error = await problemOf(hook, { channel, payload, deserialize });
      return error === undefined ? { id, payload } : { id, error };
    });
    return { events: await Promise.all(passing) };
  };
}

/** Why an event is stopped; `undefined` lets it pass. */
async function problemOf(
  hook: PublishHook,
  event: {
    readonly channel: string;
    readonly payload: unknown;
    readonly deserialize: (data: unknown) => unknown;
  },
): Promise<string | undefined> {
  const { channel, payload, deserialize } = event;
  if (!isEnvelope(payload)) return "it is no event of a publisher of this chain";
  try {
    const { m: messageId, i: id, d } = payload;
    await hook({ data: deserialize(d), messageId, channel, ...(id !== undefined && { id }) });
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function isEnvelope(payload: unknown): payload is Envelope {
  if (typeof payload !== "object" || payload === null) return false;
  const { m, i } = payload as { readonly m?: unknown; readonly i?: unknown };
  return typeof m === "string" && (i === undefined || typeof i === "string");
}

function hooksByPath(hooks: unknown, path = ""): readonly (readonly [string, PublishHook])[] {
  if (typeof hooks === "function") return [[path, hooks as PublishHook]];
  if (typeof hooks !== "object" || hooks === null) {
    throw new BuilderError(
      `onPublish(): ${path === "" ? "expected hooks by route" : `"${path}" is no function`}.`,
    );
  }
  return Object.entries(hooks).flatMap(([name, below]) =>
    hooksByPath(below, path === "" ? name : `${path}.${name}`),
  );
}

/** Hooks of a router. */
export type PublishHooksOf<TRouter extends AnyTRPCRouter> = PublishHooks<TRouter["_def"]["record"]>;
