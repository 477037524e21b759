import { Window } from "happy-dom";
import { StrictMode, useState } from "react";
import { beforeAll, expect, it, onTestFinished, vi } from "vitest";
import { type ClientVersion, clientVersions } from "../client.ts";
import { type Deferred, deferred } from "../deferred.ts";
import { onMethod } from "../wire/gatewayProbe.ts";
import { type NotesRouter, notes } from "../wire/notes.ts";
import { startWorld, type World } from "../wire/world.ts";

type NotesWorld = World<ReturnType<ReturnType<typeof notes>["publisher"]>>;

/** What the component under test shows, and a way to make it show something else. */
interface Screen {
  readonly received: string[];
  readonly statuses: string[];
  setTopic(topic: string): void;
  unmount(): void;
  /** Resolves once the subscription's status is the one given, from now on. */
  shows(status: string): Promise<void>;
  /** Resolves with the events once there are this many. */
  events(count: number): Promise<readonly string[]>;
}

// React looks for a DOM when it is loaded.
beforeAll(() => {
  const window = new Window();
  vi.stubGlobal("window", window);
  vi.stubGlobal("document", window.document);
  return async () => {
    vi.unstubAllGlobals();
    await window.happyDOM.close();
  };
});

/** Renders one component that subscribes to `onNote`, in StrictMode: mounted, unmounted, mounted again. */
async function render(world: NotesWorld, version: ClientVersion): Promise<Screen> {
  const { createRoot } = await import("react-dom/client");
  const { QueryClient } = await import("@tanstack/react-query");
  const { createTRPCOptionsProxy, useSubscription } = await import("@trpc/tanstack-react-query");
  const { client } = world.client<NotesRouter>(version);
  const trpc = createTRPCOptionsProxy<NotesRouter>({ client, queryClient: new QueryClient() });
  const received: string[] = [];
  const statuses: string[] = [];
  const waiting = new Map<Deferred<void>, () => boolean>();
  const wake = (): void => {
    for (const [{ resolve }, isMet] of waiting) if (isMet()) resolve();
  };
  const until = (isMet: () => boolean): Promise<void> => {
    const one = deferred();
    waiting.set(one, isMet);
    wake();
    return one.promise;
  };
  let setTopic: (topic: string) => void = () => undefined;
  function Notes(): string {
    const [topic, set] = useState("a");
    setTopic = set;
    const onData = (data: string): void => {
      received.push(data);
      wake();
    };
    const { status } = useSubscription(trpc.onNote.subscriptionOptions({ topic }, { onData }));
    statuses.push(status);
    queueMicrotask(wake);
    return status;
  }
  const root = createRoot(document.createElement("div") as never);
  onTestFinished(() => root.unmount());
  root.render(
    <StrictMode>
      <Notes />
    </StrictMode>,
  );
  return {
    received,
    statuses,
    setTopic: (topic) => setTopic(topic),
    unmount: () => root.unmount(),
    shows: (status) => until(() => statuses.at(-1) === status),
    events: async (count) => {
      await until(() => received.length >= count);
      return received;
    },
  };
}

declare const document: Window["document"];

const publishTo = ({ publisher }: NotesWorld, topic: string): Promise<object> =>
  publisher.routes.onNote.publish({
    data: topic,
    filter: { name: "topic", input: { topic } },
  });

it.each(clientVersions)(
  "C16: React StrictMode's double mount leaves one subscription, each event once (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const screen = await render(world, version);
    await screen.shows("pending");
    await world.gateway.settled();
    expect(await publishTo(world, "a")).toMatchObject({ matched: 1, delivered: 1 });
    expect(await screen.events(1)).toEqual(["a"]);
    expect(screen.statuses).not.toContain("error");
    screen.unmount();
    await world.probe.until("frameReceived", ({ body }) => body.includes("subscription.stop"));
    await world.gateway.settled();
    expect(await world.liveRows()).toEqual([]);
  },
);

it.each(clientVersions)(
  "C16: another input: the old subscription goes, also when its stop is handled last (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const screen = await render(world, version);
    await screen.shows("pending");
    const stop = world.probe.hold(onMethod("subscription.stop"));
    screen.setTopic("b");
    await stop.arrived;
    await screen.shows("pending");
    await stop.release();
    await world.gateway.settled();
    expect(await publishTo(world, "a")).toMatchObject({ matched: 0 });
    expect(await publishTo(world, "b")).toMatchObject({ matched: 1 });
    expect(await screen.events(1)).toEqual(["b"]);
  },
);

it.each(clientVersions)(
  "C16: typing ahead: five inputs in a row, frames handled in reverse order, leave the last one (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const screen = await render(world, version);
    await screen.shows("pending");
    const topics = Array.from({ length: 5 }, (_, index) => `t${index}`);
    const held = topics.map(() => world.probe.hold(onMethod("subscription")));
    for (const [index, topic] of topics.entries()) {
      screen.setTopic(topic);
      await held[index]?.arrived;
    }
    const stops = ({ body }: { readonly body: string }): boolean => body.includes(".stop");
    await world.probe.until("frameReceived", stops, topics.length);
    for (const one of held.toReversed()) await one.release();
    await screen.shows("pending");
    await world.gateway.settled();
    for (const topic of ["a", ...topics.slice(0, -1)]) {
      expect(await publishTo(world, topic), topic).toMatchObject({ matched: 0 });
    }
    expect(await publishTo(world, "t4")).toMatchObject({ matched: 1, delivered: 1 });
    expect(await screen.events(1)).toEqual(["t4"]);
  },
);

it.each(clientVersions)(
  "T7: a hook whose socket drops shows connecting, and gets events again (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const screen = await render(world, version);
    await screen.shows("pending");
    await world.gateway.dropConnection(world.gateway.connectionIds()[0] ?? "");
    await screen.shows("connecting");
    await screen.shows("pending");
    await world.gateway.settled();
    expect(await publishTo(world, "a")).toMatchObject({ matched: 1, delivered: 1 });
    expect(await screen.events(1)).toEqual(["a"]);
  },
);
