import type { TaskSet } from "../../gateway/taskSet.ts";
import { MAX_IOT_PAYLOAD_BYTES } from "../../protocol/iotCoreLimits.ts";
import type { IotCoreSettings } from "./options.ts";
import type { IotAction } from "./policy.ts";
import type { Rules } from "./rules.ts";
import type { Session } from "./session.ts";
import { topicProblem } from "./topics.ts";

/** Who is connected, and who gets what. */
export class Broker {
  readonly settings: IotCoreSettings;
  readonly #rules: Rules;
  readonly #tasks: TaskSet;
  readonly #sessions = new Map<string, Session>();

  constructor(settings: IotCoreSettings, rules: Rules, tasks: TaskSet) {
    this.settings = settings;
    this.#rules = rules;
    this.#tasks = tasks;
  }

  /** Starts what nobody awaits. */
  run(task: () => Promise<void>): void {
    this.#tasks.run(task);
  }

  get sessions(): ReadonlyMap<string, Session> {
    return this.#sessions;
  }

  /** A client that has the same id as another one throws that one out. */
  connected(session: Session): void {
    const { clientId } = session;
    this.#sessions.get(clientId)?.end("DUPLICATE_CLIENTID", 0x8e);
    this.#sessions.set(clientId, session);
    this.settings.onEvent({ type: "connected", clientId });
    this.#lifecycle("presence", "connected", { clientId });
  }

  ended(session: Session, reason: string): void {
    const { clientId } = session;
    if (this.#sessions.get(clientId) === session) this.#sessions.delete(clientId);
    this.settings.onEvent({ type: "disconnected", clientId, reason });
    this.#lifecycle("presence", "disconnected", { clientId, disconnectReason: reason });
  }

  changed(
    { clientId }: Session,
    type: "subscribed" | "unsubscribed",
    topicFilters: readonly string[],
  ): void {
    this.settings.onEvent({ type, clientId, topicFilters });
    this.#lifecycle("subscriptions", type, { clientId, topics: topicFilters });
  }

  denied(
    { clientId }: Session,
    action: IotAction,
    [resource, reason]: readonly [resource: string, reason: string],
  ): void {
    this.settings.onEvent({ type: "denied", clientId, action, resource, reason });
  }

  /** What is wrong with a message, if anything. */
  problem(topic: string, payload: Buffer): string | undefined {
    return payload.length > MAX_IOT_PAYLOAD_BYTES
      ? `the payload has ${payload.length} bytes, at most ${MAX_IOT_PAYLOAD_BYTES} are allowed`
      : topicProblem(topic, "topic");
  }

  /** Brings a message to its subscribers, each of which gets it once, and to the rules. */
  publish(
    message: { readonly topic: string; readonly payload: Buffer; readonly clientId?: string },
    qos: 0 | 1,
  ): void {
    const { topic, payload, clientId } = message;
    const receivers = this.#deliver({ topic, payload, clientId }, qos);
    const text = payload.toString();
    this.settings.onEvent({ type: "published", topic, payload: text, qos, receivers });
  }

  #deliver(message: Parameters<Rules["apply"]>[0], qos: 0 | 1): number {
    const { topic, payload } = message;
    let receivers = 0;
    for (const session of this.#sessions.values()) {
      const subscribed = session.qosOf(topic);
      if (subscribed === undefined) continue;
      receivers++;
      void session.deliver(topic, payload, qos === 1 && subscribed === 1 ? 1 : 0);
    }
    this.#rules.apply(message);
    return receivers;
  }

  /** https://docs.aws.amazon.com/iot/latest/developerguide/life-cycle-events.html */
  #lifecycle(
    kind: "presence" | "subscriptions",
    eventType: string,
    details: { readonly clientId: string; readonly [detail: string]: unknown },
  ): void {
    const event = { ...details, timestamp: Date.now(), eventType };
    const payload = Buffer.from(JSON.stringify(event));
    const topic = `$aws/events/${kind}/${eventType}/${details.clientId}`;
    this.#deliver({ topic, payload, clientId: undefined }, 0);
  }
}
