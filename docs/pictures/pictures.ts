import { type Incarnation, keysOf } from "../../src/store/keys.ts";
import { type Filter, prefixOf, segmentsOf, sortKeyOf } from "./segments.ts";
import { chips, code, picture, WIDTH, words } from "./svg.ts";

const FILTER = "userIdAndName";

/** One who subscribed; two connections differ in their last letters. */
function subscriber(connectionId: string, id: number): Incarnation {
  return {
    subscriber: { connectionId, id, jsonrpc: false },
    requestTimeMs: 1_764_000_000_000 + id,
    api: { apiId: "a1b2c3d4e5", stage: "prod" },
  };
}

const filterOf = (userId: string, name: string): Filter => ({
  name: FILTER,
  ctx: { userId },
  input: { name },
});

const ALICE = subscriber("Kq8fTc2xjoECF9A=", 1);

const LABELS = {
  path: "the route",
  filter: "the filter",
  ctx: "of the context",
  input: "of the input",
  connection: "whose socket",
  subscription: "request id",
  time: "when, which API",
};

/** The row by which a filter finds one subscriber. */
function routeRow(): string {
  const key = sortKeyOf(filterOf("user1", "name1"), ALICE);
  const partition = keysOf(undefined).path("mySubscription", 0);
  const pk = chips(segmentsOf(partition), 22, ({ role }) => LABELS[role]);
  const skTop = 22 + pk.height + 30;
  const sk = chips(segmentsOf(key), skTop, ({ role }) => LABELS[role]);
  return picture({
    title: "The key of a route row",
    description: `Partition key ${partition}, sort key ${key}`,
    height: skTop + sk.height,
    parts: [
      words("partition key", { x: 0, y: 12, isBold: true }),
      pk.svg,
      words("sort key", { x: 0, y: skTop - 10, isBold: true }),
      sk.svg,
    ],
  });
}

/** Who is found by three publishes: one that gives all fields, one without `input`, one to everybody. */
function addressing(): string {
  const audience = [
    ["user1", "name1"],
    ["user1", "name2"],
    ["user10", "name1"],
    ["user2", "name1"],
  ] as const;
  const publishes = [
    {
      letter: "A",
      text: 'ctx userId "user1", input name "name1"',
      prefix: prefixOf(filterOf("user1", "name1")),
    },
    {
      letter: "B",
      text: 'ctx userId "user1", without input',
      prefix: prefixOf({ name: FILTER, ctx: { userId: "user1" } }),
    },
    { letter: "C", text: "without filter: everybody", prefix: "connection#" },
  ];
  const columnAt = (index: number): number => WIDTH - 84 + index * 34;
  const asked = publishes.map(({ letter, text, prefix }, index) => {
    const y = 14 + index * 44;
    return (
      words(`${letter}: ${text}`, { x: 0, y, isBold: true }) +
      code(prefix, { x: 14, y: y + 18, size: 11 }).svg
    );
  });
  const top = 14 + publishes.length * 44;
  const heads = publishes.map(({ letter }, index) =>
    words(letter, { x: columnAt(index), y: top + 10, anchor: "middle", isBold: true }),
  );
  const rows = audience.map(([userId, name], index) => {
    const who = subscriber(`Kq8fTc2xjoECF${index}A=`, index);
    const keys = [sortKeyOf(filterOf(userId, name), who), sortKeyOf(undefined, who)];
    const y = top + 34 + index * 26;
    const dots = publishes.map(({ prefix }, column) => {
      const isFound = keys.some((key) => key.startsWith(prefix));
      return `<circle class="key-${isFound ? "yes" : "no"}" cx="${columnAt(column)}" cy="${y - 4}" r="${isFound ? 6 : 3}"><title>${isFound ? "found" : "not found"}</title></circle>`;
    });
    return code(prefixOf(filterOf(userId, name)), { x: 0, y, size: 11 }).svg + dots.join("");
  });
  return picture({
    title: "Whom a publish finds",
    description: audience
      .map(([userId, name], index) => {
        const who = subscriber("c", index);
        const keys = [sortKeyOf(filterOf(userId, name), who), sortKeyOf(undefined, who)];
        const found = publishes.filter(({ prefix }) => keys.some((key) => key.startsWith(prefix)));
        return `${userId} with ${name} is found by ${found.map(({ letter }) => letter).join(", ")}`;
      })
      .join("; "),
    height: top + 34 + audience.length * 26 - 10,
    parts: [
      ...asked,
      words("subscribers, by the beginning of their sort keys", {
        x: 0,
        y: top + 10,
        isFaint: true,
      }),
      ...heads,
      ...rows,
    ],
  });
}

/** All rows of one client with one subscription on a route with one filter. */
function subscriberRows(): string {
  const keys = keysOf(undefined);
  const { connectionId, id } = ALICE.subscriber;
  const pk = keys.path("mySubscription", 0);
  const rows = [
    { title: "connection: session, state, count", ...keys.connection(connectionId) },
    {
      title: "subscription: state, path, the keys of its routes",
      ...keys.subscription(connectionId, id),
    },
    { title: "route for everybody", pk, sk: sortKeyOf(undefined, ALICE) },
    { title: "route for the filter", pk, sk: sortKeyOf(filterOf("user1", "name1"), ALICE) },
  ];
  let y = 0;
  const parts = rows.map((row) => {
    const head = words(row.title, { x: 0, y: y + 14, isBold: true });
    const first = chips(segmentsOf(row.pk), y + 22, () => undefined);
    const second = chips(segmentsOf(row.sk), y + 22 + first.height + 2, () => undefined);
    y += 22 + first.height + second.height + 18;
    return head + first.svg + second.svg;
  });
  return picture({
    title: "The rows of one subscriber",
    description: rows.map(({ title, pk, sk }) => `${title}: ${pk} and ${sk}`).join("; "),
    height: y - 14,
    parts,
  });
}

/** Every picture by its file. */
export const PICTURES: ReadonlyMap<string, string> = new Map([
  ["route-row.svg", routeRow()],
  ["addressing.svg", addressing()],
  ["subscriber-rows.svg", subscriberRows()],
]);
