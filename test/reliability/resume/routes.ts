import { initTRPC } from "@trpc/server";
import { initSubscriptions, type Publisher, type Store } from "trpc-aws-subscriptions";
import { z } from "zod";

/** What is published. */
export interface Message {
  readonly number: number;
  /** Empty for everybody. */
  readonly room: string;
  readonly publisher: string;
}

/** Events from before the last one that a client is sent again: a publish ends 5 seconds earlier. */
const OVERLAP_SECONDS = 10;
/** Events that a client of `onFew` may have missed. */
export const FEW = 2;

const subscriptions = initSubscriptions();
const t = initTRPC.context<object>().create();
const inRoom = t.procedure.input(z.object({ room: z.string(), lastEventId: z.string().nullish() }));
const router = t.router({
  onMessage: inRoom.subscription(
    subscriptions.resolver<Message>({ history: { overlapSeconds: OVERLAP_SECONDS } }),
  ),
  onFew: inRoom.subscription(
    subscriptions.resolver<Message>({
      history: { overlapSeconds: OVERLAP_SECONDS, maxEvents: FEW },
    }),
  ),
});

/** Rooms whose events are kept; of one route many, of the other one few are sent to a client that comes back. */
export const rooms = (store: Store) =>
  subscriptions
    .router({ router })
    .store({ store })
    .routes.onMessage.filter({ name: "byRoom", input: { room: true } })
    .routes.onFew.filter({ name: "byRoom", input: { room: true } });

/** The publisher of {@link rooms}. */
export type RoomsPublisher = ReturnType<ReturnType<typeof rooms>["publisher"]>;
/** The router of {@link rooms}. */
export type RoomsRouter =
  RoomsPublisher extends Publisher<infer TRouter, infer _> ? TRouter : never;
/** Its procedures. */
export type Route = keyof RoomsPublisher["routes"] & string;
