import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { Subscription } from "./oracle.ts";

interface Frame {
  readonly id: string | number;
  readonly result?: { readonly type: string; readonly data?: { readonly json: number } };
}

interface Call {
  readonly input: { readonly ConnectionId: string; readonly Data?: string };
}

/** Clients' ends of all sockets: knows which subscription every frame was for. */
export class Recorder {
  readonly #owners = new Map<string, Subscription>();
  /** Who got which event, by the number that is its data. */
  readonly deliveries = new Map<number, Subscription[]>();
  started: Subscription[] = [];
  stopped: Subscription[] = [];
  /** Connections that were closed from the server, behind the number of the API it was asked of. */
  closed: string[] = [];
  /** Frames for nobody that there ever was on their API. */
  readonly strays: string[] = [];
  /** What handlers and publishers reported. */
  readonly errors: string[] = [];

  /** Hears of a subscription before it is asked for; it takes the place of an ended one with its id. */
  expect(subscription: Subscription): void {
    this.#owners.set(keyOf(subscription), subscription);
  }

  onFrame(api: number, connectionId: string, text: string): void {
    const { id, result }: Frame = JSON.parse(text);
    const owner = this.#owners.get(keyOf({ api, connectionId, id }));
    if (owner === undefined || result === undefined) {
      this.strays.push(`API ${api}, connection ${connectionId}: ${text}`);
    } else if (result.type === "started") {
      this.started.push(owner);
    } else if (result.type === "stopped") {
      this.stopped.push(owner);
    } else {
      const number = result.data?.json ?? -1;
      const heard = this.deliveries.get(number);
      if (heard === undefined) this.deliveries.set(number, [owner]);
      else heard.push(owner);
    }
  }

  onClose(api: number, connectionId: string): void {
    this.closed.push(`${api} ${connectionId}`);
  }

  /** The management API of an API, with nothing of the SDK but its commands. */
  client(api: number): ApiGatewayManagementApiClient {
    const send = async ({ input: { ConnectionId, Data } }: Call): Promise<object> => {
      if (Data === undefined) this.onClose(api, ConnectionId);
      else this.onFrame(api, ConnectionId, Data);
      return {};
    };
    return { send } as unknown as ApiGatewayManagementApiClient;
  }

  /** What was heard since it was asked for last. */
  take(what: "started" | "stopped"): readonly Subscription[] {
    const heard = this[what];
    this[what] = [];
    return heard;
  }

  /** Connections that were closed since it was asked for last. */
  takeClosed(): readonly string[] {
    const { closed } = this;
    this.closed = [];
    return closed;
  }
}

function keyOf({ api, connectionId, id }: Pick<Subscription, "api" | "connectionId" | "id">) {
  return JSON.stringify([api, connectionId, id]);
}
