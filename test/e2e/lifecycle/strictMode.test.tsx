import { QueryClient } from "@tanstack/react-query";
import {
  createTRPCOptionsProxy,
  type TRPCOptionsProxy,
  useSubscription,
} from "@trpc/tanstack-react-query";
import { StrictMode, useState } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, onTestFinished } from "vitest";
import { type ClientVersion, clientVersions } from "../client.ts";
import { onMethod } from "../wire/gatewayProbe.ts";
import { type NotesRouter, type NotesWorld, notes } from "../wire/notes.ts";
import { startWorld } from "../wire/world.ts";
import { document } from "./dom.ts";

/** What the component under test shows. */
class Screen {
  readonly received: string[] = [];
  readonly statuses: string[] = [];
  /** Shows the notes of another topic. */
  setTopic: (topic: string) => void = () => undefined;
  /** Takes the component away. */
  unmount: () => void = () => undefined;
  readonly #waiting = new Map<() => void, () => boolean>();

  /** Resolves once the subscription's status is the one given. */
  shows(status: string): Promise<void> {
    return this.#until(() => this.statuses.at(-1) === status);
  }

  /** Resolves with the events once there are this many. */
  async events(count: number): Promise<readonly string[]> {
    await this.#until(() => this.received.length >= count);
    return this.received;
  }

  /** To be called when something has changed. */
  wake(): void {
    for (const [resolve, isMet] of this.#waiting) if (isMet()) resolve();
  }

  #until(isMet: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#waiting.set(resolve, isMet);
      this.wake();
    });
  }
}

interface NotesProps {
  readonly trpc: TRPCOptionsProxy<NotesRouter>;
  readonly screen: Screen;
}

function Notes({ trpc, screen }: NotesProps): string {
  const [topic, setTopic] = useState("a");
  screen.setTopic = setTopic;
  const onData = (data: string): void => {
    screen.received.push(data);
    screen.wake();
  };
  const { status } = useSubscription(trpc.onNote.subscriptionOptions({ topic }, { onData }));
  screen.statuses.push(status);
  queueMicrotask(() => screen.wake());
  return status;
}

/** Renders a component that subscribes to `onNote` in StrictMode: it is mounted, unmounted and mounted again. */
function render(world: NotesWorld, version: ClientVersion): Screen {
  const { client } = world.client<NotesRouter>(version);
  const trpc = createTRPCOptionsProxy<NotesRouter>({ client, queryClient: new QueryClient() });
  const screen = new Screen();
  const root = createRoot(document.createElement("div") as never);
  screen.unmount = () => root.unmount();
  onTestFinished(() => root.unmount());
  root.render(
    <StrictMode>
      <Notes trpc={trpc} screen={screen} />
    </StrictMode>,
  );
  return screen;
}

const publishTo = ({ publisher }: NotesWorld, topic: string): Promise<object> =>
  publisher.routes.onNote.publish({
    data: topic,
    filter: { name: "topic", input: { topic } },
  });

it.each(clientVersions)(
  "C16: React StrictMode's double mount leaves one subscription, each event once (client %s)",
  async (version) => {
    const world = await startWorld(notes);
    const screen = render(world, version);
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
    const screen = render(world, version);
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
    const screen = render(world, version);
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
    const screen = render(world, version);
    await screen.shows("pending");
    await world.gateway.dropConnection(world.gateway.connectionIds()[0] ?? "");
    await screen.shows("connecting");
    await screen.shows("pending");
    await world.gateway.settled();
    expect(await publishTo(world, "a")).toMatchObject({ matched: 1, delivered: 1 });
    expect(await screen.events(1)).toEqual(["a"]);
  },
);
