import fc from "fast-check";
import { expect, it, vi } from "vitest";
import { BrokerRefusedError } from "../../../src/errors/broadcast.ts";
import {
  createScript,
  LONG_MS,
  type Opening,
  RETRY_MS,
  SHORT_MS,
} from "../../broadcast/grantsOver/scripted.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { Model } from "./model.ts";

const RUNS = size({ ci: 500, soak: 200_000 });
const STEPS = 40;
const TOPICS = ["ann", "bob", "all"] as const;

/** A topic that the broker was asked for. */
interface Question {
  readonly tokens: readonly string[];
  confirm(): void;
  refuse(): void;
}

/** What a step is, and which of the things that it may be done to. */
type Step = readonly [kind: number, pick: number];

/** A client, the server and the broker that answer it, and what it should make of that. */
class Exploration {
  readonly model: Model;
  readonly #script: ReturnType<typeof createScript>;
  readonly #questions: Question[] = [];
  readonly #answered = new Set<Opening>();

  constructor(topicsFixedAtConnect: boolean) {
    this.#script = createScript(topicsFixedAtConnect);
    this.#script.onSubscribe.wait = (granted) =>
      new Promise<void>((resolve, reject) => {
        this.#questions.push({
          tokens: granted.map(({ grant }) => grant.token),
          confirm: resolve,
          refuse: () => reject(new BrokerRefusedError("a topic was refused")),
        });
      });
    this.model = new Model(this.#script);
  }

  async take([kind, pick]: Step): Promise<void> {
    const steps: readonly (() => void)[] = [
      () => this.#grant(pick, LONG_MS),
      () => this.#grant(pick, LONG_MS),
      () => this.#grant(pick, SHORT_MS),
      () => this.#ask(pick)?.fail(),
      () => this.#refuse(pick),
      () => this.model.renew(),
      () => this.#answer(pick, "accept"),
      () => this.#answer(pick, "accept"),
      () => this.#answer(pick, "refuse"),
      () => this.#accepted(pick)?.drop(),
      () => this.#question(pick)?.confirm(),
      () => this.#question(pick)?.confirm(),
      () => this.#refuseTopic(pick),
    ];
    steps[kind % steps.length]?.();
    this.model.notice();
    // What was answered has come; what the client puts off for a moment, such as opening a connection, may be still to come.
    for (let tick = 0; tick < 20; tick++) await Promise.resolve();
    if (pick % 2 === 0) await this.#script.pass([1, 1, 600, SHORT_MS][(pick >> 1) % 4]);
    this.model.notice();
    for (const topic of TOPICS) this.model.publish(topic, this.#script.openings);
  }

  /**
   * All goes well from now on.
   *
   * @returns what is wrong with what has come, and with what comes now
   */
  async comeToRest(): Promise<readonly string[]> {
    const faults: string[] = [];
    for (let round = 1; round <= 50; round++) {
      for (const ask of this.#script.asks.splice(0)) this.model.grant(ask, LONG_MS, ["bob", "all"]);
      for (const { confirm } of this.#questions.splice(0)) confirm();
      for (const opening of this.#unanswered) this.#accept(opening);
      await this.#script.pass(round % 10 === 0 ? RETRY_MS : 1);
      this.model.notice();
      faults.push(...this.model.faults());
    }
    for (const topic of TOPICS) this.model.publish(topic, this.#script.openings);
    return [...faults, ...this.model.faults(), ...this.model.finalFaults()];
  }

  end(): void {
    this.#script.link.close();
    vi.useRealTimers();
  }

  get #unanswered(): readonly Opening[] {
    return this.#script.openings.filter((opening) => !this.#answered.has(opening));
  }

  #ask(pick: number) {
    const { asks } = this.#script;
    return asks.splice(pick % Math.max(1, asks.length), 1)[0];
  }

  #grant(pick: number, lifeMs: number): void {
    const ask = this.#ask(pick);
    const topics = [["ann"], ["bob"], ["ann", "all"], ["all", "bob"], ["all"]][(pick >> 3) % 5];
    if (ask !== undefined && topics !== undefined) this.model.grant(ask, lifeMs, topics);
  }

  #refuse(pick: number): void {
    const ask = this.#ask(pick);
    if (ask !== undefined) this.model.refuse(ask);
  }

  #answer(pick: number, how: "accept" | "refuse"): void {
    const opening = this.#unanswered[pick % Math.max(1, this.#unanswered.length)];
    if (opening === undefined) return;
    if (how === "accept") this.#accept(opening);
    else this.#refuseConnection(opening);
  }

  #refuseConnection(opening: Opening): void {
    this.#answered.add(opening);
    this.model.refused(opening.grants.map(({ token }) => token));
    opening.refuse();
  }

  #accept(opening: Opening): void {
    this.#answered.add(opening);
    opening.accept();
  }

  #accepted(pick: number): Opening | undefined {
    const accepted = [...this.#answered].filter(({ isClosed }) => !isClosed);
    return accepted[pick % Math.max(1, accepted.length)];
  }

  #question(pick: number): Question | undefined {
    return this.#questions.splice(pick % Math.max(1, this.#questions.length), 1)[0];
  }

  #refuseTopic(pick: number): void {
    const question = this.#question(pick);
    if (question === undefined) return;
    this.model.refused(question.tokens);
    question.refuse();
  }
}

it.each([
  ["takes topics at any time", false],
  ["takes topics at connect alone", true],
])(
  "whoever signs in, and whatever a server and a broker that %s answer, nobody hears what is for another one",
  async (what, isFixed) => {
    let deliveries = 0;
    const steps = fc.array(fc.tuple(fc.nat(12), fc.nat(1_000)), { maxLength: STEPS, size: "max" });
    const property = fc.asyncProperty(steps, async (taken) => {
      const exploration = new Exploration(isFixed);
      const { model } = exploration;
      try {
        for (const step of taken) {
          await exploration.take(step);
          expect(model.faults()).toEqual([]);
        }
        expect(await exploration.comeToRest()).toEqual([]);
        deliveries += model.deliveries;
      } finally {
        exploration.end();
      }
    });
    await fc.assert(property, { numRuns: RUNS, seed });
    report(`a broker that ${what}`, { runs: RUNS, deliveries });
    expect(deliveries).toBeGreaterThan(RUNS);
  },
  limitMs(120_000),
);
