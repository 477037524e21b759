import { describe, expectTypeOf, it } from "vitest";
import type { FieldMark, FieldMarks, FilterableKey } from "../../src/index.ts";
import { app } from "./fixture.ts";

const { routes } = app;

declare enum Level {
  Low,
}

describe("routes", () => {
  it("are the subscriptions made by resolver(), nested, lazy and merged", () => {
    expectTypeOf<keyof typeof routes>().toEqualTypeOf<
      | "mySubscription"
      | "noInput"
      | "tracked"
      | "normalized"
      | "choice"
      | "text"
      | "list"
      | "validated"
      | "chat"
      | "admin"
      | "lazyChat"
      | "merged"
    >();
    expectTypeOf<keyof typeof routes.chat>().toEqualTypeOf<"onMessage">();
    expectTypeOf<keyof typeof routes.lazyChat>().toEqualTypeOf<"onMessage">();
    expectTypeOf<keyof typeof routes.admin.audit>().toEqualTypeOf<"onEvent">();
  });

  it("are no queries, mutations or generators", () => {
    // @ts-expect-error a query
    void routes.greet;
    // @ts-expect-error a query, whatever its resolver
    void routes.resolverOfQuery;
    // @ts-expect-error a mutation
    void routes.rename;
    // @ts-expect-error a generator
    void routes.ordinary;
    // @ts-expect-error a generator that says what its next() takes
    void routes.typedGenerator;
    // @ts-expect-error a query of a nested router
    void routes.chat.list;
    // @ts-expect-error a router is no route
    void routes.chat.filter;
  });
});

describe("fields", () => {
  it("are scalars of the parsed input, optional ones too", () => {
    routes.chat.onMessage.filter({
      name: "x",
      input: { room: true, since: true, agentId: true, cursor: true },
    });
    // @ts-expect-error an object
    routes.chat.onMessage.filter({ name: "x", input: { options: true } });
    // @ts-expect-error a Date
    routes.chat.onMessage.filter({ name: "x", input: { at: true } });
  });

  it("are scalars of the context after middleware", () => {
    routes.chat.onMessage.filter({
      name: "x",
      ctx: { userId: true, tenant: true, impersonator: true, role: true },
    });
    // @ts-expect-error only procedures behind the middleware have it
    routes.mySubscription.filter({ name: "x", ctx: { role: true } });
    // @ts-expect-error an object
    routes.mySubscription.filter({ name: "x", ctx: { user: true } });
    // @ts-expect-error an object, after middleware too
    routes.chat.onMessage.filter({ name: "x", ctx: { user: true } });
    // @ts-expect-error an array
    routes.mySubscription.filter({ name: "x", ctx: { roles: true } });
  });

  it("are those of every member of a union", () => {
    routes.choice.filter({ name: "x", input: { kind: true, room: true, user: true } });
    // @ts-expect-error no member has it
    routes.choice.filter({ name: "x", input: { nope: true } });
  });

  it("do not exist without an object input", () => {
    // @ts-expect-error no input
    routes.noInput.filter({ name: "x", input: { name: true } });
    // @ts-expect-error a string
    routes.text.filter({ name: "x", input: { length: true } });
    // @ts-expect-error an array
    routes.list.filter({ name: "x", input: { length: true } });
    routes.noInput.filter({ name: "x", ctx: { userId: true } });
  });

  it("are known by their type alone", () => {
    expectTypeOf<FilterableKey<{ a: string; b?: 1 | "x" | null; c: Date; d: [] }>>().toEqualTypeOf<
      "a" | "b"
    >();
    expectTypeOf<FilterableKey<undefined>>().toEqualTypeOf<never>();
    expectTypeOf<FilterableKey<unknown>>().toEqualTypeOf<never>();
    expectTypeOf<
      FilterableKey<{ a: unknown; b: () => string; c: symbol }>
    >().toEqualTypeOf<never>();
    expectTypeOf<FilterableKey<{ level: Level; big: bigint }>>().toEqualTypeOf<"level" | "big">();
  });
});

describe("optional fields", () => {
  it("are those that a subscriber may be without", () => {
    routes.chat.onMessage.filter({
      name: "x",
      ctx: { userId: true, impersonator: "optional" },
      input: { room: true, agentId: "optional" },
    });
    // @ts-expect-error every subscriber has one
    routes.chat.onMessage.filter({ name: "x", input: { room: "optional" } });
    // @ts-expect-error null is a value
    routes.chat.onMessage.filter({ name: "x", input: { cursor: "optional" } });
    // @ts-expect-error every context has one
    routes.chat.onMessage.filter({ name: "x", ctx: { userId: "optional" } });
    // @ts-expect-error next to one that may be
    routes.chat.onMessage.filter({ name: "x", input: { agentId: "optional", room: "optional" } });
    // @ts-expect-error an object
    routes.chat.onMessage.filter({ name: "x", input: { options: "optional" } });
    // @ts-expect-error no other text
    routes.chat.onMessage.filter({ name: "x", input: { agentId: "any" } });
  });

  it("are those that a member of a union lacks", () => {
    routes.choice.filter({ name: "x", input: { kind: true, room: "optional", user: "optional" } });
    // @ts-expect-error all members have it
    routes.choice.filter({ name: "x", input: { kind: "optional" } });
  });

  it("are checked in several declarations too", () => {
    routes.chat.onMessage.filter(
      { name: "x", input: { agentId: "optional" } },
      { name: "y", input: { agentId: true }, ctx: { impersonator: "optional" } },
    );
    // @ts-expect-error every subscriber has one
    routes.chat.onMessage.filter({ name: "x" }, { name: "y", input: { room: "optional" } });
    // @ts-expect-error every context has one
    routes.chat.onMessage.filter({ name: "x", ctx: { tenant: "optional" } }, { name: "y" });
  });

  it("are known by their type alone", () => {
    type Marks = FieldMarks<{ a: string; b?: 1; c: 1 | undefined; d: null; e?: Date }>;
    expectTypeOf<Marks>().toEqualTypeOf<{
      readonly a: true;
      readonly b: true | "optional";
      readonly c: true | "optional";
      readonly d: true;
    }>();
    expectTypeOf<FieldMark<Record<string, string>, string>>().toEqualTypeOf<true | "optional">();
    expectTypeOf<FieldMark<{ a: string } | undefined, "a">>().toEqualTypeOf<true | "optional">();
    expectTypeOf<keyof FieldMarks<undefined>>().toEqualTypeOf<never>();
  });
});

describe("declaration", () => {
  it("refuses unknown fields", () => {
    // @ts-expect-error unknown input field
    routes.mySubscription.filter({ name: "x", input: { nope: true } });
    // @ts-expect-error unknown input field next to a known one
    routes.mySubscription.filter({ name: "x", input: { name: true, nope: true } });
    // @ts-expect-error unknown ctx field
    routes.mySubscription.filter({ name: "x", ctx: { nope: true } });
    // @ts-expect-error unknown ctx field next to a known one
    routes.mySubscription.filter({ name: "x", ctx: { userId: true, nope: true } });
    // @ts-expect-error an input field is no ctx field
    routes.mySubscription.filter({ name: "x", ctx: { name: true } });
    // @ts-expect-error unknown option
    routes.mySubscription.filter({ name: "x", inputs: { name: true } });
  });

  it("is told at the field, not at the call: two overloads that fit by number would name neither", () => {
    routes.mySubscription.filter({
      name: "x",
      input: {
        // @ts-expect-error unknown input field
        nope: true,
      },
    });
    routes.mySubscription.filter({ name: "x" }).routes.mySubscription.filter({
      // @ts-expect-error the name is taken
      name: "x",
    });
  });

  it("takes true alone", () => {
    // @ts-expect-error false
    routes.mySubscription.filter({ name: "x", input: { name: false } });
    // @ts-expect-error false next to true
    routes.mySubscription.filter({ name: "x", ctx: { userId: true, tenant: false } });
    // @ts-expect-error undefined
    routes.mySubscription.filter({ name: "x", input: { name: undefined } });
    // @ts-expect-error a boolean not known before run time
    routes.mySubscription.filter({ name: "x", input: { name: Boolean(1) } });
    // @ts-expect-error names in an array
    routes.mySubscription.filter({ name: "x", input: ["name"] });
  });

  it("needs a literal name that is not taken", () => {
    // @ts-expect-error no name
    routes.mySubscription.filter({ input: { name: true } });
    // @ts-expect-error taken by an earlier step
    routes.mySubscription.filter({ name: "byName", input: { name: true } });
    // @ts-expect-error taken by an earlier step of several filters
    routes.mySubscription.filter({ name: "everyone" });
    // @ts-expect-error not known before run time
    routes.mySubscription.filter({ name: String("x"), input: { name: true } });
    // @ts-expect-error no filter
    routes.mySubscription.filter();
    routes.noInput.filter({ name: "byName" });
  });
});
