import { tracked } from "@trpc/server";
import { describe, expectTypeOf, it } from "vitest";
import type { PublishReport } from "../../src/index.ts";
import { type Message, publisher } from "./fixture.ts";

const { routes } = publisher;
const message: Message = { id: 1, text: "", at: new Date(0) };

describe("routes", () => {
  it("are those of the chain", () => {
    expectTypeOf<keyof typeof routes.chat>().toEqualTypeOf<"onMessage">();
    expectTypeOf<keyof typeof routes.admin.audit>().toEqualTypeOf<"onEvent">();
    // @ts-expect-error a query
    void routes.greet;
    // @ts-expect-error a generator
    void routes.ordinary;
  });
});

describe("data", () => {
  it("is what the resolver says", () => {
    void routes.mySubscription.publish({ data: "hi" });
    void routes.noInput.publish({ data: 1 });
    void routes.merged.publish({ data: true });
    void routes.chat.onMessage.publish({ data: message });
    // @ts-expect-error a number
    void routes.mySubscription.publish({ data: 1 });
    // @ts-expect-error missing
    void routes.mySubscription.publish({});
    // @ts-expect-error what the client gets is text, what is published is a Date
    void routes.chat.onMessage.publish({ data: { id: 1, text: "", at: "1970" } });
  });

  it("of a tracked route is the value of tracked()", () => {
    void routes.tracked.publish({ data: tracked("event-1", { v: 1 }) });
    // @ts-expect-error no id
    void routes.tracked.publish({ data: { v: 1 } });
    // @ts-expect-error the wrong value
    void routes.tracked.publish({ data: tracked("event-1", { v: "1" }) });
  });

  it("of a route with a schema is what the schema accepts", () => {
    void routes.validated.publish({ data: { n: "1" } });
    // @ts-expect-error what the schema makes of it
    void routes.validated.publish({ data: { n: 1 } });
  });
});

describe("filter", () => {
  it("has all its fields", () => {
    void routes.mySubscription.publish({
      data: "hi",
      filter: { name: "userIdAndName", input: { name: "x" }, ctx: { userId: "u" } },
    });
    void routes.mySubscription.publish({
      data: "hi",
      filter: { name: "byName", input: { name: "x" } },
    });
    void routes.mySubscription.publish({
      data: "hi",
      filter: { name: "byTenant", ctx: { tenant: 3 } },
    });
    void routes.mySubscription.publish({ data: "hi", filter: { name: "everyone" } });
    void routes.lazyChat.onMessage.publish({
      data: message,
      filter: { name: "r", input: { room: "r" } },
    });
  });

  it("has the types of the parsed input and of the context after middleware", () => {
    void routes.chat.onMessage.publish({
      data: message,
      filter: {
        name: "room",
        ctx: { role: "admin" },
        input: { room: "r", since: 5, agentId: "a", cursor: null },
      },
    });
    void routes.normalized.publish({ data: "x", filter: { name: "n", input: { n: 5, d: "x" } } });
    void routes.choice.publish({
      data: "x",
      filter: { name: "any", input: { kind: "user", room: "r", user: 1 } },
    });
    const kind = { name: "kind", input: { kind: "a", urgent: false } } as const;
    void routes.admin.audit.onEvent.publish({ data: { n: 1 }, filter: kind });

    const { publish } = routes.normalized;
    // @ts-expect-error a string before it was parsed
    void publish({ data: "x", filter: { name: "n", input: { n: "abc", d: "x" } } });
    // @ts-expect-error parsed, it is always there
    void publish({ data: "x", filter: { name: "n", input: { n: 5 } } });
    const event = { data: { n: 1 } };
    const { publish: publishEvent } = routes.admin.audit.onEvent;
    // @ts-expect-error not in the enum
    void publishEvent({ ...event, filter: { name: "kind", input: { kind: "z", urgent: true } } });
    // @ts-expect-error not a boolean
    void publishEvent({ ...event, filter: { name: "kind", input: { kind: "a", urgent: 1 } } });
  });
});

describe("optional parts of a filter", () => {
  it("are no fields: one that subscribers may leave out needs a value", () => {
    const { publish } = routes.merged;
    void publish({ data: true, filter: { name: "impersonated", ctx: { impersonator: "u" } } });
    const name = "impersonated";
    // @ts-expect-error undefined addresses nobody
    void publish({ data: true, filter: { name, ctx: { impersonator: undefined } } });
    // @ts-expect-error missing
    void publish({ data: true, filter: { name: "impersonated", ctx: {} } });
  });

  it("are no fields that a filter names optional: publishers give all of them", () => {
    const { publish } = routes.chat.onMessage;
    const [data, name, ctx] = [message, "agent", { impersonator: "u" }] as const;
    const room = "r";
    void publish({ data, filter: { name, ctx, input: { room, agentId: "a" } } });
    // @ts-expect-error missing
    void publish({ data, filter: { name, ctx, input: { room } } });
    // @ts-expect-error missing
    void publish({ data, filter: { name, input: { room, agentId: "a" } } });
    // @ts-expect-error undefined addresses nobody
    void publish({ data, filter: { name, ctx, input: { room, agentId: undefined } } });
  });

  it("are its input, where it has ctx fields", () => {
    const { publish } = routes.mySubscription;
    void publish({ data: "hi", filter: { name: "userIdAndName", ctx: { userId: "u" } } });
    // @ts-expect-error a filter without ctx fields
    void publish({ data: "hi", filter: { name: "byName" } });
    // @ts-expect-error a filter without ctx fields
    void publish({ data: "hi", filter: { name: "byName", ctx: { userId: "u" } } });
    const filter = { name: "userIdAndName", ctx: { userId: "u" } } as const;
    // @ts-expect-error undefined is not left out
    void publish({ data: "hi", filter: { ...filter, input: undefined } });
    // @ts-expect-error input alone
    void publish({ data: "hi", filter: { name: "userIdAndName", input: { name: "x" } } });
  });
});

describe("wrong filters", () => {
  const { publish } = routes.mySubscription;

  it("are refused", () => {
    // @ts-expect-error unknown name
    void publish({ data: "hi", filter: { name: "nope" } });
    // @ts-expect-error no name
    void publish({ data: "hi", filter: { input: { name: "x" } } });
    // @ts-expect-error a filter of another route
    void publish({ data: "hi", filter: { name: "room", input: { room: "x" } } });
    // @ts-expect-error wrong type of a value
    void publish({ data: "hi", filter: { name: "byName", input: { name: 1 } } });
    const bob = { name: "byName", input: { name: "Bob" } } as const;
    // @ts-expect-error ctx of a filter without ctx fields
    void publish({ data: "", filter: { ...bob, ctx: { tenant: 1 } } });
    // @ts-expect-error unknown input field
    void publish({ data: "hi", filter: { name: "byName", input: { name: "x", nope: 1 } } });
    // @ts-expect-error unknown ctx field
    void publish({ data: "hi", filter: { name: "byTenant", ctx: { tenant: 1, nope: 1 } } });
    // @ts-expect-error unknown member
    void publish({ data: "hi", filter: { name: "everyone", inputs: {} } });
    // @ts-expect-error undefined never widens the audience
    void publish({ data: "hi", filter: undefined });
    // @ts-expect-error null never widens the audience
    void publish({ data: "hi", filter: null });
    // @ts-expect-error unknown option
    void publish({ data: "hi", filters: [] });
    // @ts-expect-error a route without filters
    void routes.noInput.publish({ data: 1, filter: { name: "x" } });
  });

  it("are refused in arrays", () => {
    void publish({
      data: "",
      filter: [{ name: "everyone" }, { name: "byTenant", ctx: { tenant: 1 } }],
    });
    void publish({ data: "", filter: [] });
    const many: readonly { name: "byName"; input: { name: string } }[] = [];
    void publish({ data: "", filter: many });
    // @ts-expect-error unknown name
    void publish({ data: "", filter: [{ name: "everyone" }, { name: "nope" }] });
    // @ts-expect-error missing field
    void publish({ data: "", filter: [{ name: "byName" }] });
    // @ts-expect-error an undefined among them
    void publish({ data: "", filter: [{ name: "everyone" }, undefined] });
  });
});

describe("verbs", () => {
  const { publish, complete, count, disconnect } = routes.mySubscription;
  const filter = { name: "userIdAndName", ctx: { userId: "u" } } as const;

  it("return a report or a number", () => {
    expectTypeOf(publish).returns.resolves.toEqualTypeOf<PublishReport>();
    expectTypeOf(complete()).resolves.toEqualTypeOf<PublishReport>();
    expectTypeOf(complete(filter)).resolves.toEqualTypeOf<PublishReport>();
    expectTypeOf(count()).resolves.toEqualTypeOf<number>();
    expectTypeOf(count([filter, { name: "everyone" }])).resolves.toEqualTypeOf<number>();
    expectTypeOf(disconnect(filter)).resolves.toEqualTypeOf<PublishReport>();
  });

  it("refuse an undefined filter", () => {
    // @ts-expect-error undefined is not left out
    void complete(undefined);
    // @ts-expect-error undefined is not left out
    void count(undefined);
    // @ts-expect-error undefined
    void disconnect(undefined);
    // @ts-expect-error revoking everybody needs a filter that says so
    void disconnect();
    // @ts-expect-error a route without filters
    void routes.noInput.disconnect({ name: "x" });
    // @ts-expect-error unknown name
    void count({ name: "nope" });
  });
});
