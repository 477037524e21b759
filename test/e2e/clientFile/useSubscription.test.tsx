import { QueryClient } from "@tanstack/react-query";
import {
  createTRPCOptionsProxy,
  type TRPCOptionsProxy,
  useSubscription,
} from "@trpc/tanstack-react-query";
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import { expect, it, onTestFinished } from "vitest";
import { event, eventId, started } from "../../unit/client/history.ts";
import { clientVersions } from "../client.ts";
import { document } from "../lifecycle/dom.ts";
import { type ScriptedRouter, type ScriptedServer, scriptedServer } from "./scriptedServer.ts";

type Client = ReturnType<ScriptedServer["client"]>["client"];

/** What a component showed, each different thing once. */
class Screen {
  readonly shown: string[] = [];
  readonly received: number[] = [];
  readonly #waiting = new Set<() => void>();

  show(text: string): void {
    if (this.shown.at(-1) !== text) this.shown.push(text);
    for (const wake of this.#waiting) queueMicrotask(wake);
  }

  /** Resolves when this is what is shown. */
  async shows(text: string): Promise<void> {
    while (this.shown.at(-1) !== text) {
      await new Promise<void>((resolve) => {
        this.#waiting.add(resolve);
      });
    }
  }
}

interface NumbersProps {
  readonly trpc: TRPCOptionsProxy<ScriptedRouter>;
  readonly screen: Screen;
}

function Numbers({ trpc, screen }: NumbersProps): string {
  const onData = ({ data }: { readonly data: number }): void => void screen.received.push(data);
  const { status, data } = useSubscription(
    trpc.onMessage.subscriptionOptions({ room: "red" }, { onData }),
  );
  const text = `${status} ${data?.data ?? "-"}`;
  screen.show(text);
  return text;
}

/** Renders a component that subscribes, in StrictMode: it is mounted, unmounted and mounted again. */
function render(client: Client): Screen {
  // With older versions of tRPC another copy of its class is declared, of the same form.
  const queryClient = new QueryClient() as never;
  const trpc = createTRPCOptionsProxy<ScriptedRouter>({ client, queryClient });
  const screen = new Screen();
  const root = createRoot(document.createElement("div") as never);
  onTestFinished(() => root.unmount());
  root.render(
    <StrictMode>
      <Numbers trpc={trpc} screen={screen} />
    </StrictMode>,
  );
  return screen;
}

it.each(clientVersions)(
  "a hook gets what was missed in order, keeps showing the last of it at started, and goes on (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const screen = render(server.client(version).client);
    const first = await server.socket(0);
    const { id } = await first.message();
    first.send(event(id, 2), event(id, 1), started(id, 2), event(id, 3));
    await screen.shows("pending 3");
    first.cut();
    await screen.shows("connecting 3");

    const second = await server.socket(1);
    expect((await second.message()).params?.lastEventId).toBe(eventId(3));
    second.send(event(id, 5), event(id, 3), event(id, 4), started(id, 5));
    await screen.shows("pending 5");
    second.send(event(id, 4), event(id, 6));
    await screen.shows("pending 6");
    expect(screen.received).toEqual([1, 2, 3, 4, 5, 6]);
    expect(screen.shown).not.toContain("pending -");
    expect(server.sockets).toHaveLength(2);
  },
);

it.each(clientVersions)(
  "a hook whose first replay never ends stays connecting, and gets all of it on the next socket (client %s)",
  async (version) => {
    const server = await scriptedServer();
    const screen = render(server.client(version).client);
    const first = await server.socket(0);
    const { id } = await first.message();
    first.send(event(id, 2), event(id, 1));
    first.cut();
    const second = await server.socket(1);
    expect((await second.message()).params?.lastEventId).toBeUndefined();
    expect(screen.received).toEqual([]);
    second.send(event(id, 1), event(id, 2), started(id, 2));
    await screen.shows("pending 2");
    expect(screen.received).toEqual([1, 2]);
  },
);
