import type { GatewayOptions, PostFault } from "trpc-aws-subscriptions/local";

/** Share of the sockets whose `$disconnect` never comes. */
const LOST_DISCONNECTS = 0.2;
/** Share of the frames that two invocations are given. */
const DUPLICATES = 0.03;

/** What is wrong with one connection. */
interface Trouble {
  /** Posts are answered with 200, and nothing arrives: its network is gone, and the gateway does not know yet. */
  isDeaf?: true;
  /** Posts of events that are answered with 500. */
  failures?: number;
  /** Events of its replay after which it is cut. */
  cutAfter?: number;
}

/** What a gateway tells of its connections, and cuts. */
export interface Watched {
  /** `started` is about to be sent. */
  onStarted(connectionId: string): void;
  cut(connectionId: string): void;
}

/** Faults of the gateway, most of them for one connection. */
export class GatewayFaults {
  readonly options: Pick<GatewayOptions, "onPost" | "dropDisconnect" | "duplicate">;
  readonly #troubles = new Map<string, Trouble>();
  #isOver = false;

  constructor(random: () => number, watched: Watched) {
    const happens = (share: number): boolean => !this.#isOver && random() < share;
    this.options = {
      dropDisconnect: () => happens(LOST_DISCONNECTS),
      duplicate: ({ body }) => body?.includes('"subscription"') === true && happens(DUPLICATES),
      onPost: (connectionId, body) => this.#answer(connectionId, body, watched),
    };
  }

  /** Makes trouble for a connection. */
  trouble(connectionId: string, trouble: Trouble): void {
    this.#troubles.set(connectionId, { ...this.#troubles.get(connectionId), ...trouble });
  }

  /** A connection is closed. */
  forget(connectionId: string): void {
    this.#troubles.delete(connectionId);
  }

  /** Nothing goes wrong any more. */
  end(): void {
    this.#isOver = true;
    this.#troubles.clear();
  }

  #answer(connectionId: string, body: string, watched: Watched): PostFault | undefined {
    const trouble = this.#troubles.get(connectionId);
    if (trouble?.isDeaf === true) return { statusCode: 200, delivered: false };
    if (body.includes('"type":"started"')) watched.onStarted(connectionId);
    if (trouble === undefined || !body.includes('"type":"data"')) return undefined;
    if (trouble.failures !== undefined && trouble.failures > 0) {
      trouble.failures--;
      return { statusCode: 500 };
    }
    if (trouble.cutAfter !== undefined && --trouble.cutAfter === 0) watched.cut(connectionId);
    return undefined;
  }
}
