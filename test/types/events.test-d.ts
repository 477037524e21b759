import { expectTypeOf, it } from "vitest";
import {
  initSubscriptions,
  type OnEvent,
  type PublishedEvent,
  type SubscribedEvent,
  type SubscriptionsEvent,
} from "../../src/index.ts";
import { appRouter, store } from "./fixture.ts";

/** One line for each member; one that is added makes the `never` an error. */
function lineOf(event: SubscriptionsEvent): string {
  switch (event.type) {
    case "connected":
    case "disconnected":
    case "revoked":
    case "gone":
    case "fenced":
      return event.connectionId;
    case "connectionRefused":
      return `${event.status} ${event.code}`;
    case "subscribed":
      return `${event.path} ${event.filters.join()} ${event.rows} rows`;
    case "unsubscribed":
      return `${event.path} ${event.id}`;
    case "called":
      return `${event.procedureType} ${event.path ?? "?"} ${event.ok ? "ok" : event.code}`;
    case "published":
    case "completed":
      return `${event.path} ${event.matched} ${event.delivered} ${event.gone} ${event.failed}`;
    case "throttled":
      return `${event.by} ${event.times}`;
    case "failed":
      return `${event.step} ${event.error.message}`;
    case "rejected":
      return `${event.call} ${event.code}`;
    case "granted":
      return `${event.path} ${event.topics}`;
    case "grantRefused":
      return `${event.path ?? "?"} ${event.code}`;
    case "broadcast":
      return `${event.path} ${event.messageId} ${event.topics} ${event.sent} ${event.failed}`;
    default:
      return event satisfies never;
  }
}

it("is told apart by type", () => {
  expectTypeOf(lineOf).parameter(0).toEqualTypeOf<SubscriptionsEvent>();
  expectTypeOf<
    Extract<SubscriptionsEvent, { type: "subscribed" }>
  >().toEqualTypeOf<SubscribedEvent>();
  expectTypeOf<PublishedEvent["filters"]>().toEqualTypeOf<"everybody" | readonly string[]>();
  const forgetful = (event: Exclude<SubscriptionsEvent, { type: "gone" }>): string => event.type;
  // @ts-expect-error a listener must take every member
  initSubscriptions({ onEvent: forgetful });
});

it("goes into the start of a chain, which keeps its session", () => {
  const onEvent: OnEvent = (event) => void lineOf(event);
  const chain = initSubscriptions<{ readonly userId: string }>({ onEvent })
    .router({ router: appRouter })
    .store({ store });
  chain.handler({
    createContext: ({ connection }) => {
      expectTypeOf(connection.session).toEqualTypeOf<{ readonly userId: string }>();
      return { ...connection.session, tenant: 1, user: null, roles: [] };
    },
  });
  initSubscriptions({ onEvent: async ({ type }) => void type });
});

it("refuses wrong uses", () => {
  // @ts-expect-error the function goes into an object
  initSubscriptions(lineOf);
  // @ts-expect-error a misspelt option would be a chain that nobody hears of
  initSubscriptions({ onEvents: lineOf });
  // @ts-expect-error no such member
  initSubscriptions({ onEvent: (event) => event.type === "message" });
  // @ts-expect-error only some members have a path
  initSubscriptions({ onEvent: (event) => event.path });
  // @ts-expect-error no event has data
  initSubscriptions({ onEvent: (event) => event.type === "published" && event.data });
  const rename = (event: PublishedEvent): void => {
    // @ts-expect-error events are read, not changed
    event.path = "other";
  };
  expectTypeOf(rename).returns.toBeVoid();
});
