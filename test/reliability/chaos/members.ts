import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Publisher, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";

/** Who a procedure is run for. */
interface Ctx {
  readonly tenant: string;
  readonly user: string;
}

/** What `$connect` keeps. Some clients say who they are later, in `connectionParams`. */
export interface Session {
  readonly tenant: string;
  readonly user?: string;
}

/** A subscriber, as far as filters see it. */
export interface Subscriber extends Ctx {
  readonly topic: Topic;
}

/** A filter as it is published to. */
export type Addressee =
  | { readonly name: "byTenant"; readonly ctx: Pick<Ctx, "tenant"> }
  | { readonly name: "byUser"; readonly ctx: Ctx }
  | {
      readonly name: "byTopic";
      readonly ctx: Pick<Ctx, "tenant">;
      readonly input: { readonly topic: Topic };
    };

/** Filters whose audiences are united, or everybody. */
export type Audience = readonly Addressee[] | "everybody";

/** Names that begin with one another, and with what ends a name in a key. */
export const tenants: readonly string[] = Array.from({ length: 20 }, (_, index) =>
  ["", "#", "%", "%23", "#user#u"].map((ending) => `${index}${ending}`),
).flat();
/** Each tenant's. */
export const users = ["u", "u1"] as const;
/** Everybody's. */
export const topics = ["a", "ab", "a#b"] as const;
type Topic = (typeof topics)[number];

/** Whether a subscriber is addressed, by nothing but comparison. */
export function isAddressed(audience: Audience, subscriber: Subscriber): boolean {
  if (audience === "everybody") return true;
  return audience.some((one) => {
    if (one.ctx.tenant !== subscriber.tenant) return false;
    if (one.name === "byUser") return one.ctx.user === subscriber.user;
    return one.name === "byTenant" || one.input.topic === subscriber.topic;
  });
}

/** A deployed version of the application: new objects every time. */
export function deployed(store: Store) {
  const subscriptions = initSubscriptions<Session>();
  const t = initTRPC.context<Ctx>().create();
  const router = t.router({
    onMessage: t.procedure
      .input(z.object({ topic: z.enum(topics) }))
      .subscription(subscriptions.resolver<string>()),
  });
  return subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter(
      { name: "byTenant", ctx: { tenant: true } },
      { name: "byUser", ctx: { tenant: true, user: true } },
      { name: "byTopic", ctx: { tenant: true }, input: { topic: true } },
    );
}

/** The application's publisher. */
export type ChaosPublisher = ReturnType<ReturnType<typeof deployed>["publisher"]>;
/** The application's router, as its clients know it. */
export type ChaosRouter =
  ChaosPublisher extends Publisher<infer TRouter, infer _> ? TRouter : never;
