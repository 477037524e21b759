import { expect, it } from "vitest";
import { declareFilters } from "../../../src/subscriptions/declareFilters.ts";
import { publishKeys } from "../../../src/subscriptions/filter.ts";
import { createRouter } from "./fixture.ts";

const filter = (name: string) => ({ name, ctx: [], input: [] });

it.each([
  [[filter("byUser"), filter("byRoom")], 'Declared on this route: "byUser", "byRoom".'],
  [[], "Declared on this route: none."],
])("a publish to an unknown filter is told which there are", (declared, message) => {
  const filters = new Map([["chat.on", declared]]);
  const publish = () => publishKeys({ filters }, "chat.on", { filter: { name: "byUsr" } });
  expect(publish).toThrow(message);
});

it.each([
  [{ name: "f", ctx: ["userId"] }, 'routes.mine.filter() "f": ctx'],
  [{ name: "f", input: ["room"] }, 'routes.mine.filter() "f": input'],
  [{ nam: "f" }, "routes.mine.filter(): "],
])("a wrong declaration %j is told where it stands", (declaration, place) => {
  const app = { router: createRouter(), filters: new Map() };
  expect(() => declareFilters(app, "mine", [declaration])).toThrow(place);
});
