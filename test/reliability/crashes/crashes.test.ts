import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { seeded } from "../../seeded.ts";
import { report } from "../figures.ts";
import { isSoak, limitMs, seed, size } from "../size.ts";
import { type Hit, type Outcome, type Prepared, prepare, run, textOf } from "./crashCase.ts";
import { publisherScenarios } from "./publisherScenarios.ts";
import { handlerScenarios } from "./scenarios.ts";
import { giveTimeBack, takeTime } from "./time.ts";
import { newWorld, type World } from "./world.ts";

const scenarios = [...handlerScenarios, ...publisherScenarios].filter(
  ({ isVariant }) => isSoak || isVariant !== true,
);
const LIMIT_MS = 60_000;
/** Of a thousand pairs of faults. */
const pairsPerMille = size({ ci: 0, soak: 1_000 });

let world: World;
beforeAll(async () => {
  world = await newWorld();
});
afterAll(() => world.table.stop());
beforeEach(takeTime);
afterEach(giveTimeBack);

/** Runs a case, and tells in every problem what went wrong. */
async function problemsOf(prepared: Prepared, hits: readonly Hit[]): Promise<Outcome> {
  const outcome = await run(world, prepared, hits);
  const at = hits.map(textOf).join("; then ");
  return { ...outcome, problems: outcome.problems.map((problem) => `${at}: ${problem}`) };
}

/** What can go wrong with other calls once a fault has happened. */
function after({ command, place }: Hit, possible: readonly Hit[]): readonly Hit[] {
  const isSame = (hit: Hit): boolean => hit.command === command && hit.place === place;
  return possible.slice(possible.findIndex(isSame)).filter((hit) => !isSame(hit));
}

describe("one call goes wrong", () => {
  const counts = { scenarios: 0, calls: 0, cases: 0, killed: 0 };
  afterAll(() => report("crash points", counts));

  test.each(scenarios)(
    "$name",
    async (scenario) => {
      const prepared = await prepare(world, scenario);
      const clean = await run(world, prepared);
      expect(clean.problems).toEqual([]);
      const hits = clean.possible.filter(({ isLikeAnother }) => isSoak || !isLikeAnother);
      const problems: string[] = [];
      for (const hit of hits) {
        const one = await problemsOf(prepared, [hit]);
        problems.push(...one.problems);
        const isNoticed = one.errors.length > clean.errors.length;
        if (hit.isMended && isNoticed) problems.push(`${textOf(hit)}: ${one.errors.join()}`);
        if (one.isSilent) counts.killed++;
      }
      counts.scenarios++;
      counts.calls += clean.commands.length;
      counts.cases += hits.length;
      expect(problems).toEqual([]);
    },
    limitMs(LIMIT_MS),
  );
});

if (isSoak) {
  describe("two calls go wrong", () => {
    const counts = { pairs: 0, possible: 0, killed: 0 };
    const random = seeded(seed);
    afterAll(() => report("crash points in pairs", counts));

    test.each(scenarios)(
      "$name",
      async (scenario) => {
        const prepared = await prepare(world, scenario);
        const { possible } = await run(world, prepared);
        const all: Hit[][] = [];
        for (const first of possible) {
          const { possible: then } = await run(world, prepared, [first]);
          all.push(...after(first, then).map((second) => [first, second]));
        }
        counts.possible += all.length;
        const problems: string[] = [];
        for (const hits of someOf(all, (all.length * pairsPerMille) / 1_000)) {
          const pair = await problemsOf(prepared, hits);
          problems.push(...pair.problems);
          counts.pairs++;
          if (pair.isSilent) counts.killed++;
        }
        expect(problems).toEqual([]);
      },
      limitMs(LIMIT_MS),
    );

    /** As many of them as are wanted, each once. */
    function someOf<T>(values: readonly T[], wanted: number): readonly T[] {
      const order = values.map((value) => ({ value, at: random() }));
      return order
        .toSorted((a, b) => a.at - b.at)
        .slice(0, Math.ceil(wanted))
        .map(({ value }) => value);
    }
  });
}

test("one handler for all routes makes the calls of the three", {
  timeout: limitMs(LIMIT_MS),
}, async () => {
  const combined = await newWorld(true);
  for (const scenario of handlerScenarios) {
    const three = await run(world, await prepare(world, scenario));
    const one = await run(combined, await prepare(combined, scenario));
    expect(one.commands).toEqual(three.commands);
    expect(one.problems).toEqual(three.problems);
  }
  await combined.table.stop();
});
