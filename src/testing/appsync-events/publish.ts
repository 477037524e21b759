import { randomUUID } from "node:crypto";
import type {
  AppSyncPublishEvent,
  AppSyncSubscribeEvent,
} from "../../adapters/appsync-events/event.ts";
import {
  canonicalChannel,
  channelProblem,
  MAX_APPSYNC_EVENT_BYTES,
  MAX_PUBLISHED_EVENTS,
} from "../../protocol/appSyncEvents.ts";
import { type Identity, namespaceName } from "./authorize.ts";
import type { Listeners } from "./broadcast.ts";
import { badRequest, EventApiFailure } from "./failure.ts";
import type { AppSyncEventsSettings, AppSyncNamespace } from "./options.ts";

/** What became of the events of a publish. */
export interface PublishAnswer {
  readonly successful: readonly { readonly identifier: string; readonly index: number }[];
  readonly failed: readonly {
    readonly identifier: string;
    readonly index: number;
    readonly code?: number;
    readonly message?: string;
  }[];
}

interface Accepted {
  readonly id: string;
  readonly payload: unknown;
}

/** The namespaces: what they are asked before something is published or subscribed. */
export class Namespaces {
  readonly #settings: AppSyncEventsSettings;
  readonly #listeners: Listeners;

  constructor(settings: AppSyncEventsSettings, listeners: Listeners) {
    this.#settings = settings;
    this.#listeners = listeners;
  }

  /**
   * A channel in its canonical form.
   *
   * @throws an {@link EventApiFailure} for one that has a wrong form, or a namespace that does not exist
   */
  channel(channel: unknown, allows: { readonly wildcard: boolean }): string {
    if (typeof channel !== "string") throw badRequest("Invalid Channel Format");
    const canonical = canonicalChannel(channel);
    const problem = channelProblem(canonical, allows);
    if (problem !== undefined) throw badRequest(`Invalid Channel Format: "${channel}" ${problem}`);
    this.#namespace(canonical);
    return canonical;
  }

  /** Asks `onSubscribe`. Rejects with an {@link EventApiFailure} when it says no. */
  async subscribe(channel: string, identity: Identity): Promise<void> {
    const { onSubscribe } = this.#namespace(channel);
    const event: AppSyncSubscribeEvent = {
      ...handlerEvent(identity),
      info: { ...channelInfo(channel), operation: "SUBSCRIBE" },
      events: null,
    };
    const answer = await this.#lambda("onSubscribe", () => onSubscribe?.(structuredClone(event)));
    if (answer?.error !== undefined) throw new EventApiFailure("HandlerError", answer.error);
  }

  /** Asks `onPublish`, and broadcasts what it lets through. */
  async publish(channel: string, events: unknown, identity: Identity): Promise<PublishAnswer> {
    const accepted = acceptedEvents(events);
    const passed = await this.#pass(channel, accepted, identity);
    const good = passed.filter(({ error }) => error === undefined);
    this.#broadcast(
      channel,
      good.map(({ payload }) => JSON.stringify(payload) ?? "null"),
    );
    const named = accepted.map(({ id }, index) => ({ identifier: id, index }));
    const errors = new Map(passed.map(({ id, error }) => [id, error]));
    const isGood = ({ identifier }: { readonly identifier: string }): boolean =>
      errors.has(identifier) && errors.get(identifier) === undefined;
    return {
      successful: named.filter(isGood),
      failed: named
        .filter((event) => !isGood(event))
        .map((event) => ({
          ...event,
          code: 400,
          message: errors.get(event.identifier) ?? "the handler returned no such event",
        })),
    };
  }

  async #pass(
    channel: string,
    events: readonly Accepted[],
    identity: Identity,
  ): Promise<readonly (Accepted & { readonly error?: string })[]> {
    const { onPublish } = this.#namespace(channel);
    if (onPublish === undefined) return events;
    const event: AppSyncPublishEvent = {
      ...handlerEvent(identity),
      info: { ...channelInfo(channel), operation: "PUBLISH" },
      events,
    };
    const answer = await this.#lambda("onPublish", () => onPublish(structuredClone(event)));
    if (answer?.error !== undefined) throw new EventApiFailure("HandlerError", answer.error);
    const ids = new Set(events.map(({ id }) => id));
    return (answer?.events ?? [])
      .filter(({ id }) => ids.has(id))
      .map((passed) => ({ ...passed, payload: passed.payload ?? null }));
  }

  #broadcast(channel: string, events: readonly string[]): void {
    const { onEvent, delay } = this.#settings;
    const listeners = this.#listeners.of(channel);
    onEvent({ type: "published", channel, events, subscriptions: listeners.length });
    for (const event of events) {
      const bytes = Buffer.byteLength(event);
      if (bytes > MAX_APPSYNC_EVENT_BYTES) {
        onEvent({ type: "dropped", channel, bytes });
        continue;
      }
      for (const listener of listeners) {
        const waiting = delay?.({ connectionId: listener.connectionId, channel });
        if (waiting === undefined) listener.deliver(event);
        else
          waiting.then(
            () => listener.deliver(event),
            () => undefined,
          );
      }
    }
  }

  #namespace(channel: string): AppSyncNamespace {
    const name = namespaceName(channel);
    const namespace = Object.hasOwn(this.#settings.namespaces, name)
      ? this.#settings.namespaces[name]
      : undefined;
    if (namespace === undefined) throw badRequest(`Channel namespace "${name}" not found`);
    return namespace;
  }

  async #lambda<TAnswer>(
    handler: "onPublish" | "onSubscribe",
    call: () => Promise<TAnswer> | undefined,
  ): Promise<TAnswer | undefined> {
    try {
      return await call();
    } catch (error) {
      this.#settings.onEvent({ type: "lambdaFailed", handler, error });
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      // The name that AppSync, and Powertools after it, take as a refusal.
      if (name === "UnauthorizedException") {
        throw new EventApiFailure("UnauthorizedException", message, 401);
      }
      throw new EventApiFailure("LambdaException", message, 500);
    }
  }
}

function acceptedEvents(events: unknown): readonly Accepted[] {
  if (!Array.isArray(events) || events.length === 0 || events.length > MAX_PUBLISHED_EVENTS) {
    throw badRequest(`events: 1 to ${MAX_PUBLISHED_EVENTS} are needed`);
  }
  return events.map((event: unknown) => {
    if (typeof event !== "string") throw badRequest("events: each is a JSON string");
    try {
      return { id: randomUUID(), payload: JSON.parse(event) as unknown };
    } catch {
      throw badRequest("events: each is valid JSON");
    }
  });
}

function handlerEvent(identity: Identity): Omit<AppSyncSubscribeEvent, "info" | "events"> {
  return {
    identity,
    request: { headers: {}, domainName: null },
    result: null,
    error: null,
    prev: null,
    stash: {},
    outErrors: [],
  };
}

function channelInfo(path: string): Omit<AppSyncSubscribeEvent["info"], "operation"> {
  return {
    channel: { path, segments: path.slice(1).split("/") },
    channelNamespace: { name: namespaceName(path) },
  };
}
