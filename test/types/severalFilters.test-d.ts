import { describe, it } from "vitest";
import { app } from "./fixture.ts";

const { routes } = app;

describe("several declarations in one step", () => {
  it("are checked like the first", () => {
    routes.mySubscription.filter(
      { name: "x" },
      { name: "y", ctx: { userId: true } },
      { name: "z" },
    );
    // @ts-expect-error the first one's name
    routes.mySubscription.filter({ name: "x" }, { name: "x" });
    // @ts-expect-error the second one's name
    routes.mySubscription.filter({ name: "x" }, { name: "y" }, { name: "y" });
    // @ts-expect-error the first one's name, two further
    routes.mySubscription.filter({ name: "x" }, { name: "y" }, { name: "x" });
    // @ts-expect-error the third one's name
    routes.mySubscription.filter({ name: "w" }, { name: "x" }, { name: "y" }, { name: "y" });
    // @ts-expect-error unknown field of a third
    routes.mySubscription.filter({ name: "x" }, { name: "y" }, { name: "z", input: { no: true } });
    // @ts-expect-error taken by an earlier step
    routes.mySubscription.filter({ name: "x" }, { name: "byName" });
    // @ts-expect-error not known before run time
    routes.mySubscription.filter({ name: "x" }, { name: String("y") });
    // @ts-expect-error unknown field
    routes.mySubscription.filter({ name: "x" }, { name: "y", input: { nope: true } });
    // @ts-expect-error unknown field next to a known one
    routes.mySubscription.filter({ name: "x" }, { name: "y", input: { name: true, nope: true } });
    // @ts-expect-error false
    routes.mySubscription.filter({ name: "x" }, { name: "y", ctx: { userId: false } });
    // @ts-expect-error unknown option
    routes.mySubscription.filter({ name: "x" }, { name: "y", inputs: { name: true } });
    // @ts-expect-error not scalar
    routes.mySubscription.filter({ name: "x" }, { name: "y", ctx: { user: true } });
    // @ts-expect-error no input
    routes.noInput.filter({ name: "x" }, { name: "y", input: { name: true } });
  });

  it("may be a list that is known", () => {
    const both = [{ name: "x" }, { name: "y", input: { name: true } }] as const;
    const { filter } = routes.mySubscription.filter(...both, { name: "z" }).routes.mySubscription;
    // @ts-expect-error taken by the list
    filter({ name: "y" });
    filter({ name: "w" });
  });

  it("cannot be an array of unknown length", () => {
    const more: { name: "y" }[] = [];
    // @ts-expect-error their names are not known
    routes.mySubscription.filter({ name: "x" }, ...more);
  });
});
