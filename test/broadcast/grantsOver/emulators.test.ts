import { tracked } from "@trpc/server";
import { describe, expect, it, onTestFinished, vi } from "vitest";
import { createWorld as appSyncWorld, chainOn } from "../../appsync-events/world.ts";
import { engines, type Given, createWorld as historyWorld } from "../history/world.ts";
import { chainOf, createWorld as iotWorld } from "../iot-core/world.ts";
import { Heard, type Message, until } from "../world.ts";

/** Grants are good for an hour. */
const MINUTE_MS = 60_000;
const QUICK = { backOffMs: [20], overlapMs: 1_000 } as const;

/** The clock of both sides, which the test turns on. */
function clock() {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  return {
    turnOn(minutes: number): void {
      vi.setSystemTime(Date.now() + minutes * MINUTE_MS);
    },
  };
}

/** What happens before and after an authorizer of connections looks at a token; nothing unless the test says so. */
interface Authorizing {
  before?: () => void;
  after?: () => void;
  connects: number;
}

const onAppSync = async (authorizing: Authorizing) => {
  const authorizer = chainOn().authorizer();
  const refused: string[] = [];
  const world = await appSyncWorld({
    api: {
      async authorizer(event) {
        if (event.requestContext.operation !== "EVENT_CONNECT") return authorizer(event);
        authorizing.connects++;
        authorizing.before?.();
        const answer = await authorizer(event);
        authorizing.after?.();
        return answer;
      },
      onEvent: (event) => void (event.type === "refused" && refused.push(event.operation)),
    },
  });
  return { client: () => world.client("ann", QUICK), publisher: world.publisher, refused };
};

const onIotCore = (authorization: "capability" | "exact") => async (authorizing: Authorizing) => {
  const authorizer = chainOf({ authorization }).authorizer();
  const refused: string[] = [];
  const world = await iotWorld({
    engine: { authorization },
    broker: {
      authorizers: {
        async subscriptions(...call) {
          authorizing.connects++;
          authorizing.before?.();
          const answer = await authorizer(...call);
          authorizing.after?.();
          return answer;
        },
      },
      onEvent({ type }) {
        if (type === "denied" || type === "connectRefused") refused.push(type);
      },
    },
  });
  return { client: () => world.client("ann", QUICK), publisher: world.publisher, refused };
};

const EMULATORS = [
  { broker: "AppSync Events", start: onAppSync },
  { broker: "IoT Core by capability", start: onIotCore("capability") },
  { broker: "IoT Core with exact policies", start: onIotCore("exact") },
];

type Client = ReturnType<Awaited<ReturnType<typeof onAppSync>>["client"]>["trpc"];

/** Listens to rooms. */
function listen(trpc: Client, rooms: readonly string[]): readonly Heard<Message>[] {
  return rooms.map((room) => {
    const heard = new Heard<Message>();
    trpc.chat.onMessage.subscribe({ room }, heard.callbacks);
    return heard;
  });
}

describe.each(EMULATORS)("at $broker", ({ start }) => {
  it.each(["before", "after"] as const)(
    "grants that are over %s the authorizer looks at them are asked for again",
    async (when) => {
      const { turnOn } = clock();
      const authorizing: Authorizing = { connects: 0 };
      const { client, publisher } = await start(authorizing);
      authorizing[when] = () => {
        delete authorizing[when];
        turnOn(61);
      };
      const heard = listen(client().trpc as Client, ["red", "blue"]);
      await Promise.all(heard.map((each) => each.start()));
      await publisher.routes.chat.onMessage.publish({ data: tracked("1", { text: "hello" }) });
      await until(() => heard.every(({ data }) => data.length === 1));
      expect(heard.flatMap(({ errors }) => errors)).toEqual([]);
      expect(authorizing.connects).toBeLessThanOrEqual(2);
    },
  );

  it("one of several that is over takes nobody else with it", async () => {
    const { turnOn } = clock();
    const authorizing: Authorizing = { connects: 0 };
    const { client, publisher, refused } = await start(authorizing);
    const { link, trpc } = client();
    const red = listen(trpc as Client, ["red"]);
    await red[0]?.start();
    turnOn(59);
    // Where a new topic takes a new connection, the first token is over before that one is allowed.
    authorizing.before = () => {
      delete authorizing.before;
      turnOn(2);
    };
    const blue = listen(trpc as Client, ["blue", "green"]);
    const heard = [...red, ...blue];
    await until(() => heard.every(({ states }) => states.at(-1) === "pending"));
    for (let n = 1; n <= 10; n++) {
      if (n === 5) link.renew();
      await publisher.routes.chat.onMessage.publish({ data: tracked(`${n}`, { text: "hello" }) });
    }
    await until(() => heard.every(({ data }) => data.length === 10));
    expect(heard.flatMap(({ errors }) => errors)).toEqual([]);
    expect(refused).toEqual([]);
  });
});

it("while grants are not renewed nobody throws out the connection that there is", async () => {
  const { client, gate, grants, links, publisher } = await historyWorld(engines.iot);
  const heard = new Heard<Given>();
  (await client("ann")).feed.subscribe({ room: "red" }, heard.callbacks);
  await heard.start();
  gate.before = async () => {
    throw new Error("the server does not answer");
  };
  links[0]?.renew();
  await until(() => grants.length >= 4);
  delete gate.before;
  const { length } = grants;
  await until(() => grants.length > length);
  await publisher.routes.feed.publish({ data: { n: 1, at: new Date(1) } });
  await until(() => heard.data.length === 1);
  expect(heard.states).toEqual(["connecting", "pending"]);
});
