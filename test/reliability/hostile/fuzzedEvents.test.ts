import { connectEvent, disconnectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { expect, it, onTestFinished } from "vitest";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { fuzzWorld, watchProcess } from "./fuzzWorld.ts";
import { type Choices, choicesOf } from "./grammar.ts";

const EVENTS = size({ ci: 5_000, soak: 500_000 });

type Fields = Record<string, unknown>;

const FIELDS = [
  "connectionId",
  "eventType",
  "requestTimeEpoch",
  "connectedAt",
  "messageId",
  "requestId",
  "apiId",
  "stage",
  "domainName",
  "authorizer",
  "routeKey",
  "__proto__",
] as const;
const MEMBERS = [
  "headers",
  "multiValueHeaders",
  "queryStringParameters",
  "body",
  "isBase64Encoded",
  "stageVariables",
  "requestContext",
  "Records",
] as const;
const HEADERS = [
  "Sec-WebSocket-Protocol",
  "sec-websocket-protocol",
  "Origin",
  "Cookie",
  "__proto__",
] as const;
const BODIES = [
  "PING",
  "{",
  '{"id":1,"method":"query","params":{"path":"hello"}}',
  "eyJpZCI6MX0=",
  '[{"id":1,"method":"subscription","params":{"path":"onPing"}},{"id":1,"method":"subscription.stop"}]',
] as const;

/** What an event may have in the place of something else; all of it could come as JSON. */
function randomValue({ of }: Choices): unknown {
  return of<unknown>([
    undefined,
    null,
    "",
    "x",
    "../..",
    "MESSAGE",
    "CONNECT",
    "DISCONNECT",
    "évil",
    0,
    -1,
    1.5,
    1e300,
    1_700_000_000_000,
    true,
    false,
    [],
    ["x"],
    {},
    { length: 4_000_000_000 },
    { toString: "x", __proto: 1 },
    { connectionParams: "1" },
    "x".repeat(200),
  ]);
}

const KINDS = ["connect", "handler", "disconnect"] as const;
type Kind = (typeof KINDS)[number];

/** An event of a route, mostly with something wrong. */
function randomEvent(choices: Choices, kind: Kind): Fields {
  const { of, chance, below } = choices;
  const connectionId = `connection-${below(5)}`;
  const good = {
    connect: () => connectEvent({ connectionId }),
    handler: () => messageEvent(of(BODIES), { connectionId }),
    disconnect: () => disconnectEvent({ connectionId }),
  }[kind]();
  const event: Fields = { ...good };
  const context: Fields = { ...good.requestContext };
  event["requestContext"] = context;
  const defineIn = (target: Fields, name: string): void => {
    if (chance(0.3)) delete target[name];
    // A plain assignment of `__proto__` would change the prototype, which JSON cannot.
    else defineOwn(target, name, randomValue(choices));
  };
  for (let left = below(3); left > 0; left--) defineIn(context, of(FIELDS));
  for (let left = below(2); left > 0; left--) defineIn(event, of(MEMBERS));
  if (chance(0.3)) {
    const headers: Fields = {};
    defineOwn(headers, of(HEADERS), randomValue(choices));
    event["headers"] = headers;
  }
  return event;
}

function defineOwn(target: Fields, name: string, value: unknown): void {
  Object.defineProperty(target, name, {
    value,
    enumerable: true,
    configurable: true,
    writable: true,
  });
}

const isRecord = (value: unknown): value is Fields => typeof value === "object" && value !== null;
const isTime = (value: unknown): boolean =>
  Number.isSafeInteger(value) && Number(value) >= 0 && String(value).length <= 13;
const isName = (value: unknown): boolean =>
  typeof value === "string" && value.length >= 1 && value.length <= 128;

/** Whether a handler may do anything at all for an event. */
function isEvent(event: Fields, kind: Kind): boolean {
  const context = event["requestContext"];
  if (!isRecord(context)) return false;
  const { connectionId, eventType, requestTimeEpoch, connectedAt } = context;
  const type = { connect: "CONNECT", handler: "MESSAGE", disconnect: "DISCONNECT" }[kind];
  const isConnection = typeof connectionId === "string" && /^[\w=-]{1,64}$/.test(connectionId);
  if (!isConnection || (eventType !== undefined && eventType !== type)) return false;
  const id = context["messageId"] ?? context["requestId"];
  if (kind === "handler") return isTime(requestTimeEpoch) && typeof id === "string" && id !== "";
  if (kind === "disconnect") return true;
  const isApi = isName(context["apiId"]) && isName(context["stage"]);
  return isTime(connectedAt) && isApi && isProtocol(event["headers"]);
}

function isProtocol(headers: unknown): boolean {
  const offered = Object.entries(isRecord(headers) ? headers : {}).filter(
    ([name]) => name.toLowerCase() === "sec-websocket-protocol",
  );
  const [, value] = offered.at(-1) ?? [];
  return value === undefined || value === null || typeof value === "string";
}

it(
  `C17, S16: each of ${EVENTS} events is served or refused, and nothing is thrown`,
  async () => {
    const choices = choicesOf(seeded(seed));
    const world = fuzzWorld();
    const watch = watchProcess();
    onTestFinished(() => void watch.stop());
    const counts = { served: 0, refused: 0 };
    for (let index = 0; index < EVENTS; index++) {
      const kind = choices.of(KINDS);
      const event = randomEvent(choices, kind);
      const own = choices.chance(0.5);
      const text = `seed ${seed}, event ${index} of ${own ? kind : "all routes"} ${JSON.stringify(event)}`;
      const handler = own ? world[kind] : world.webSocketHandler;
      // One handler for all takes the type for granted, and everything else for a message.
      const served = own ? kind : kindOf(event);
      const result: object = await handler(event as never);
      const names = Object.keys(result).filter((name) => name !== "headers");
      expect(names, text).toEqual(["statusCode"]);
      const isServed = isEvent(event, served);
      expect(Reflect.get(result, "statusCode"), text).toBe(isServed ? 200 : 500);
      const posts = world.take();
      if (!isServed || served !== "handler") expect(posts, text).toEqual([]);
      counts[isServed ? "served" : "refused"]++;
    }
    expect(watch.stop()).toEqual([]);
    expect(world.failures.count).toBeGreaterThanOrEqual(counts.refused);
    report("hostile events, fuzzed", { events: EVENTS, ...counts });
  },
  limitMs(60_000),
);

function kindOf(event: Fields): Kind {
  const context = event["requestContext"];
  const type = isRecord(context) ? context["eventType"] : undefined;
  if (type === "CONNECT") return "connect";
  return type === "DISCONNECT" ? "disconnect" : "handler";
}

const ALLOWED = "https://example.com";

it.each([
  [ALLOWED, 200],
  ["https://example.com.evil.com", 403],
  ["https://evil-example.com", 403],
  ["https://EXAMPLE.com", 403],
  ["https://example.com/", 403],
  ["https://example.com:443", 403],
  ["http://example.com", 403],
  ["https://example.com,https://evil.com", 403],
  [" https://example.com", 403],
  ["null", 403],
  ["*", 403],
  ["", 403],
  ["__proto__", 403],
])(
  "S10: a handshake from the origin %j gets %i, however the header is written",
  async (origin, status) => {
    const connect = fuzzWorld().connectFrom([ALLOWED]);
    for (const name of ["Origin", "origin", "ORIGIN"]) {
      const { statusCode } = await connect(connectEvent({ headers: { [name]: origin } }));
      expect(statusCode, name).toBe(status);
    }
  },
);
