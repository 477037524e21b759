import { BrokerConnectionError, BrokerRefusedError } from "../../../errors/broadcast.ts";
import { reasonText } from "./reasons.ts";

/** A packet whose answer is awaited. */
interface Waiting {
  /** Of a SUBSCRIBE. */
  readonly topicFilters: readonly string[];
  resolve(): void;
  reject(error: Error): void;
}

const MAX_PACKET_ID = 65_535;
/** From here on the codes of a SUBACK or PUBACK are refusals. MQTT 3.1.1 §3.9.3, MQTT 5 §3.4.2. */
const FIRST_REFUSAL = 0x80;

/** Numbers packets, and brings the answers to those who wait for them. */
export class Exchanges {
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  /** A number for a SUBSCRIBE, and what becomes of it. */
  subscribe(topicFilters: readonly string[]): {
    readonly packetId: number;
    readonly answer: Promise<void>;
  } {
    const packetId = this.#nextId();
    const answer = new Promise<void>((resolve, reject) => {
      this.#waiting.set(packetId, { topicFilters, resolve, reject });
    });
    return { packetId, answer };
  }

  /** A number for an UNSUBSCRIBE, taken until it is answered. */
  unsubscribe(): number {
    const packetId = this.#nextId();
    this.#waiting.set(packetId, { topicFilters: [], resolve: ignore, reject: ignore });
    return packetId;
  }

  /** A number for a PUBLISH, and what becomes of it. */
  publish(): { readonly packetId: number; readonly answer: Promise<void> } {
    return this.subscribe([]);
  }

  /** @throws {@link BrokerConnectionError} for an answer to nothing, or with too few codes */
  onSuback(packetId: number, reasonCodes: readonly number[]): void {
    const waiting = this.#get(packetId);
    if (waiting.topicFilters.length !== reasonCodes.length) {
      throw new BrokerConnectionError(
        `the broker answered ${waiting.topicFilters.length} topic filters with ${reasonCodes.length} codes`,
      );
    }
    this.#waiting.delete(packetId);
    const refused = reasonCodes.findIndex((code) => code >= FIRST_REFUSAL);
    if (refused === -1) waiting.resolve();
    else {
      const topic = waiting.topicFilters[refused];
      const reason = reasonText(reasonCodes[refused] as number);
      waiting.reject(new BrokerRefusedError(`the broker refused topic "${topic}": ${reason}`));
    }
  }

  /** @throws {@link BrokerConnectionError} for an answer to nothing */
  onPuback(packetId: number, reasonCode: number): void {
    const { resolve, reject } = this.#get(packetId);
    this.#waiting.delete(packetId);
    if (reasonCode < FIRST_REFUSAL) resolve();
    else reject(new BrokerRefusedError(`the broker refused a message: ${reasonText(reasonCode)}`));
  }

  /** @throws {@link BrokerConnectionError} for an answer to nothing */
  onUnsuback(packetId: number): void {
    this.#get(packetId);
    this.#waiting.delete(packetId);
  }

  /** The connection is over. */
  end(error: Error): void {
    for (const { reject } of this.#waiting.values()) reject(error);
    this.#waiting.clear();
  }

  #get(packetId: number): Waiting {
    const waiting = this.#waiting.get(packetId);
    if (waiting === undefined) {
      throw new BrokerConnectionError(
        `the broker answered packet ${packetId}, which was never sent`,
      );
    }
    return waiting;
  }

  #nextId(): number {
    do this.#lastId = (this.#lastId % MAX_PACKET_ID) + 1;
    while (this.#waiting.has(this.#lastId));
    return this.#lastId;
  }
}

function ignore(): void {}
