import type { Audience, Deployment, Version } from "../simulation/deployment.ts";
import { type Death, MortalProcess, ProcessDiedError } from "../simulation/mortalProcess.ts";
import type { PublishHow, SimulatedWorld } from "../simulation/world.ts";
import { type Member, type Model, mayMean, type Use, type Verb } from "./model.ts";

/** Deployed publishers that are still in use. */
const MOST_PUBLISHERS = 3;

/** Whom a publish is for; everybody where nothing is said. */
export type PublishAudience = Partial<Audience>;

/** The deployed versions: the newest one handles frames, the last few publish. */
export class Publishers {
  readonly #world: SimulatedWorld;
  readonly #model: Model;
  /** The newest comes first. */
  #deployments: readonly Deployment[];
  #skewMs = 0;

  constructor(world: SimulatedWorld, model: Model) {
    this.#world = world;
    this.#model = model;
    this.#deployments = [world.now];
  }

  /** The version that handles frames. */
  get current(): Deployment {
    return this.#at(0);
  }

  /** Another version takes over; publishers of earlier ones live on for a while. */
  deploy(version: Version, skewMs: number): void {
    this.#skewMs = skewMs;
    const next = this.#world.deploy(version, { skewMs });
    this.#deployments = [next, ...this.#deployments].slice(0, MOST_PUBLISHERS);
  }

  /** The same version in a process that dies. */
  mortal({ version }: Deployment, process: MortalProcess): Deployment {
    return this.#world.deploy(version, { skewMs: this.#skewMs, process });
  }

  publish({ room, userId }: PublishAudience, which: number, death: Death | undefined): void {
    const index = which % this.#deployments.length;
    this.#run(this.#at(index), death, (from) => {
      const by = from === this.#at(index) ? `publisher ${index} of ${from.version}` : "a dying one";
      const how: PublishHow = { by, from, ...(userId !== undefined && { userId }) };
      return this.#world.publish(room, how);
    });
  }

  /** Ends subscriptions, or closes connections. */
  end(kind: Verb["kind"], audience: Audience | Member, death: Death | undefined): void {
    this.#run(this.current, death, async (from, process) => {
      const { version } = from;
      const beganAt = this.#world.nextMoment();
      const verb: Verb = { kind, audience, version, beganAt, process };
      this.#model.verbs.push(verb);
      for (const member of this.#model.members) {
        for (const use of member.uses) meet(verb, member, use);
      }
      if ("client" in audience) {
        audience.endingAt ??= beganAt;
        await from.disconnect(audience.client.connectionId);
      } else {
        await (kind === "complete" ? from.complete(audience) : from.disconnectAll(audience));
      }
      verb.endedAt = this.#world.nextMoment();
      verb.endedAtMs = this.#world.nowMs;
    });
  }

  /** Tells a new subscription of the verbs that are under way. */
  meetAll(member: Member, use: Use): void {
    if (member.endingAt !== undefined) use.subscription.endingAt ??= use.subscription.sentAt;
    for (const verb of this.#model.verbs) {
      const isOver = verb.endedAt !== undefined || verb.process?.isDead === true;
      if (!isOver) meet(verb, member, use);
    }
  }

  #at(index: number): Deployment {
    return this.#deployments[index] ?? this.#world.now;
  }

  #run(
    from: Deployment,
    death: Death | undefined,
    work: (own: Deployment, process: MortalProcess | undefined) => Promise<unknown>,
  ): void {
    const process = death === undefined ? undefined : new MortalProcess(death);
    if (process !== undefined) this.#model.processes.push(process);
    const own = process === undefined ? from : this.mortal(from, process);
    this.#world.begin(async () => {
      try {
        await work(own, process);
      } catch (error) {
        if (error instanceof ProcessDiedError) return;
        this.#world.errors.push(error instanceof Error ? error : new Error(String(error)));
      }
    });
  }
}

/** Notes that a verb may end a subscription, and which others with it. */
function meet(verb: Verb, member: Member, use: Use): void {
  if (!mayMean(verb, member, use)) return;
  use.subscription.endingAt ??= Math.max(verb.beganAt, use.subscription.sentAt);
  if (verb.process !== undefined) use.processes.push(verb.process);
  if (verb.kind === "complete") return;
  member.endingAt ??= verb.beganAt;
  for (const other of member.uses) other.subscription.endingAt ??= verb.beganAt;
}
