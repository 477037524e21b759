import { connectEvent, messageEvent } from "trpc-aws-subscriptions/testing";
import { afterEach, beforeEach, expect, it, onTestFinished, vi } from "vitest";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { limitMs, seed, size } from "../size.ts";
import { fuzzWorld, watchProcess } from "./fuzzWorld.ts";
import { choicesOf, randomFrame } from "./grammar.ts";
import { type Answer, type Expected, expectedOf, type Known, type Race } from "./oracle.ts";

const FRAMES = size({ ci: 100_000, soak: 10_000_000 });
const FRAMES_OF_A_CONNECTION = 40;
/** A store in memory keeps what is closed for two hours. */
const FRAMES_OF_A_WORLD = 100_000;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
});

afterEach(() => {
  vi.useRealTimers();
});

/** Turns of the event loop in which everything ends that waits for no timer. */
const BUSY_TURNS = 4;

/** Waits for work, and for what it waits for in no time. */
async function inVirtualTime<T>(work: Promise<T>): Promise<T> {
  let isOver = false;
  const over = work.finally(() => {
    isOver = true;
  });
  over.catch(() => undefined);
  for (let turn = 0; !isOver; turn++) {
    await new Promise(setImmediate);
    if (turn >= BUSY_TURNS) vi.advanceTimersToNextTimer();
  }
  return over;
}

/** What nobody outside may read: stack traces, files, what the SDK calls things. */
const INTERNALS = /node:internal|\\n +at |\.[cm]?[jt]s:\d|node_modules|"stack"|\$metadata|dynamo/i;

function answerOf(text: string): Answer {
  if (text === "PONG") return "PONG ";
  const { id, jsonrpc, result, error } = JSON.parse(text);
  const to = `${JSON.stringify(id)}${jsonrpc === "2.0" ? "+" : ""}`;
  return `${to} ${error === undefined ? result.type : error.data.code}`;
}

/** `undefined` when the answers are the expected ones. */
function difference(answers: readonly Answer[], { exact, open }: Expected): string | undefined {
  const left = [...answers];
  for (const answer of exact) {
    const at = left.indexOf(answer);
    if (at === -1) return `no answer ${answer}`;
    left.splice(at, 1);
  }
  for (const [id, race] of open) {
    const own = left.filter((answer) => idOf(answer) === id).map((answer) => kindOf(answer));
    const problem = raceProblem(own, race);
    if (problem !== undefined) return `${id}: ${problem}`;
  }
  const extra = left.find((answer) => !open.has(idOf(answer)));
  return extra === undefined ? undefined : `answer too many: ${extra}`;
}

const kindOf = (answer: Answer): string => answer.slice(answer.lastIndexOf(" ") + 1);
const idOf = (answer: Answer): string =>
  answer.slice(0, answer.lastIndexOf(" ")).replace(/\+$/, "");

/** A subscription is started, refused as a duplicate, or, stopped before it was stored, silent. */
function raceProblem(kinds: readonly string[], { subscriptions, stops }: Race): string | undefined {
  const count = (kind: string): number => kinds.filter((each) => each === kind).length;
  const told = count("started") + count("BAD_REQUEST");
  if (told > subscriptions) return `${told} answers to ${subscriptions} subscriptions`;
  if (stops === 0 && told < subscriptions) return "a subscription without an answer";
  if (count("stopped") > stops + count("started")) return "more stopped than there can be";
  const known = told + count("stopped") + count("data");
  return known === kinds.length ? undefined : `unexpected among ${kinds.join()}`;
}

function learn(known: Known, answers: readonly Answer[]): void {
  for (const answer of answers) {
    if (kindOf(answer) === "started") known.live.add(idOf(answer));
    // A generator's own end comes behind its `started`.
    if (kindOf(answer) === "stopped") known.live.delete(idOf(answer));
  }
}

it(
  `S5, S7: each of ${FRAMES} frames gets its answers, and nothing but them`,
  async () => {
    const choices = choicesOf(seeded(seed));
    let world = fuzzWorld();
    const watch = watchProcess();
    onTestFinished(() => void watch.stop());
    const template = messageEvent("");
    const counts = { answered: 0, silences: 0, answers: 0, errors: 0 };
    let known: Known = { live: new Set(), params: "none" };
    let connectionId = "";
    const cpu = process.cpuUsage();
    for (let index = 0; index < FRAMES; index++) {
      if (index % FRAMES_OF_A_CONNECTION === 0) {
        if (connectionId !== "") await world.disconnect(disconnectOf(template, connectionId));
        if (index % FRAMES_OF_A_WORLD === 0) {
          expect(world.store.countRoutes()).toBe(0);
          world = fuzzWorld();
        }
        connectionId = `connection-${index}`;
        known = { live: new Set(), params: choices.chance(0.2) ? "awaited" : "none" };
        const query = known.params === "awaited" ? { connectionParams: "1" } : {};
        await world.connect(connectEvent({ connectionId, query }));
      }
      const body = randomFrame(choices);
      const requestTimeEpoch = template.requestContext.requestTimeEpoch + index;
      const expected = expectedOf(body, known);
      const context = { connectionId, requestTimeEpoch, messageId: `message-${index}` };
      const event = {
        ...template,
        body,
        requestContext: { ...template.requestContext, ...context },
      };
      const result = await inVirtualTime(world.handler(event));
      const texts = world.take();
      const answers = texts.map(answerOf);
      const problem = difference(answers, expected);
      const leak = texts.find((text) => INTERNALS.test(text));
      if (problem !== undefined || leak !== undefined || result.statusCode !== 200) {
        expect.fail(
          `seed ${seed}, frame ${index} ${JSON.stringify(body)}: ${problem ?? leak}; got ${answers.join(", ")}`,
        );
      }
      if (Object.keys(result).length !== 1) expect.fail(`frame ${index} has a body`);
      learn(known, answers);
      counts.answers += answers.length;
      counts.errors += answers.filter((answer) => /[A-Z]$/.test(answer)).length;
      if (answers.length > 0) counts.answered++;
      else counts.silences++;
    }
    await world.disconnect(disconnectOf(template, connectionId));
    expect(world.store.countRoutes()).toBe(0);
    expect(watch.stop()).toEqual([]);
    const { user, system } = process.cpuUsage(cpu);
    report("hostile", { frames: FRAMES, ...counts, cpuSeconds: Math.round((user + system) / 1e6) });
  },
  limitMs(120_000),
);

type Event = ReturnType<typeof messageEvent>;

function disconnectOf(template: Event, connectionId: string): Event {
  const eventType = "DISCONNECT";
  return { ...template, requestContext: { ...template.requestContext, eventType, connectionId } };
}
