import { describe, expect, it } from "vitest";
import { Heard, until } from "../world.ts";
import { numbers, tick } from "./feed.ts";
import { createWorld, engines, type Given, lockedOut } from "./world.ts";

type World = Awaited<ReturnType<typeof createWorld>>;

/**
 * Two subscriptions of ann on one connection: one with history that was given event 1, and a witness without, which hears
 * at once what comes on that connection.
 */
async function listening(start: (typeof engines)["memory"]) {
  const world = await createWorld(start);
  const trpc = await world.client("ann");
  const [heard, witness] = [new Heard<Given>(), new Heard<number>()];
  trpc.feed.subscribe({ room: "red" }, heard.callbacks);
  trpc.plain.subscribe(undefined, witness.callbacks);
  await Promise.all([heard.start(), witness.start()]);
  await publishTo(world, "ann", 1);
  await until(() => heard.data.length === 1);
  return { ...world, heard, witness };
}

const publishTo = ({ publisher }: World, userId: string, n: number) =>
  publisher.routes.feed.publish({
    ...tick(n),
    filter: { name: "mine", ctx: { userId } },
  });

const publishToRoom = ({ publisher }: World, n: number) => publisher.routes.feed.publish(tick(n));

/** Resolves when what was published before has come to the connection. */
async function hasCome({ publisher, witness }: World & { readonly witness: Heard<number> }) {
  const { length } = witness.data;
  await publisher.routes.plain.publish({ data: length });
  await until(() => witness.data.length > length);
}

describe.each(Object.entries(engines))("on %s, when somebody else is signed in", (_, start) => {
  it("between a grant and the question what was missed, who is told what that one has missed", async () => {
    const world = await listening(start);
    const { signedIn, heard, drop, gate } = world;
    gate.before = async ({ lastEventId }) => {
      if (lastEventId === undefined) return;
      delete gate.before;
      // The broker brings it, on a topic that was granted to ann.
      await publishTo(world, "ann", 2);
      await hasCome(world);
      signedIn.set("ann", "bob");
    };
    await drop();
    await publishTo(world, "bob", 3);
    await publishToRoom(world, 4);
    await heard.start(2);
    await publishTo(world, "ann", 5);
    await publishTo(world, "bob", 6);
    await publishToRoom(world, 7);
    await until(() => numbers(heard).includes(7));
    expect(numbers(heard)).toEqual([1, 3, 4, 6, 7]);
    expect(heard.errors).toEqual([]);
  });

  it("before the grants of a new connection have come, nothing of the one before is passed on", async () => {
    const world = await listening(start);
    const { signedIn, heard, witness, drop, gate, links } = world;
    const granted = new Promise<void>((resolve) =>
      links[0]?.onEvent(({ type }) => void (type === "granted" && resolve())),
    );
    gate.before = async ({ lastEventId }) => {
      if (lastEventId !== undefined) return granted;
      if (signedIn.size > 0) return;
      // The connection was opened with the grants that there were.
      await witness.start(2);
      await publishTo(world, "ann", 2);
      await hasCome(world);
      signedIn.set("ann", "bob");
    };
    await drop();
    await publishTo(world, "bob", 3);
    await heard.start(2);
    await publishTo(world, "bob", 4);
    await until(() => numbers(heard).includes(4));
    expect(numbers(heard)).toEqual([1, 3, 4]);
    expect(heard.errors).toEqual([]);
  });

  it("and may not subscribe, the subscription ends with what has come before the cut", async () => {
    const world = await listening(start);
    const { heard, drop, gate } = world;
    gate.before = async ({ lastEventId }) => {
      if (lastEventId === undefined) return;
      await publishTo(world, "ann", 2);
      await hasCome(world);
      lockedOut.add("ann");
    };
    await drop();
    await until(() => heard.errors.length > 0);
    expect(heard.errors[0]?.data?.code).toBe("FORBIDDEN");
    expect(numbers(heard)).toEqual([1]);
  });
});

describe.each(Object.entries(engines))("on %s, who signs in next", (_, start) => {
  it("is told what came on topics of its own before they were heard", async () => {
    const world = await listening(start);
    const { signedIn, heard, links } = world;
    const published = new Promise<void>((resolve, reject) =>
      links[0]?.onEvent((event) => {
        if (event.type !== "granted" || event.path !== "feed") return;
        // The next connection is yet to be opened.
        publishTo(world, "bob", 2).then(() => resolve(), reject);
      }),
    );
    signedIn.set("ann", "bob");
    links[0]?.renew();
    await published;
    await heard.start(2);
    await publishTo(world, "bob", 3);
    await until(() => numbers(heard).includes(3));
    expect(numbers(heard)).toEqual([1, 2, 3]);
    expect(heard.errors).toEqual([]);
  });
});
