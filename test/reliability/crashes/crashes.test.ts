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
/** Cases with two faults, of all scenarios. */
const pairs = size({ ci: 0, soak: 20_000 });

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
    const counts = { pairs: 0, killed: 0 };
    const random = seeded(seed);
    const oneOf = <T>(values: readonly T[]): T | undefined =>
      values[Math.floor(random() * values.length)];
    afterAll(() => report("crash points in pairs", counts));

    test.each(scenarios)(
      "$name",
      async (scenario) => {
        const prepared = await prepare(world, scenario);
        const { possible } = await run(world, prepared);
        const problems: string[] = [];
        for (let done = 0; done < pairs / scenarios.length; done++) {
          const first = oneOf(possible);
          if (first === undefined) break;
          const { possible: then } = await run(world, prepared, [first]);
          const second = oneOf(then.slice(then.findIndex((hit) => textOf(hit) === textOf(first))));
          if (second === undefined) continue;
          const pair = await problemsOf(prepared, [first, second]);
          problems.push(...pair.problems);
          counts.pairs++;
          if (pair.isSilent) counts.killed++;
        }
        expect(problems).toEqual([]);
      },
      limitMs(LIMIT_MS),
    );
  });
}

test("one handler for all routes makes the calls of the three", async () => {
  const combined = await newWorld(true);
  for (const scenario of handlerScenarios) {
    const three = await run(world, await prepare(world, scenario));
    const one = await run(combined, await prepare(combined, scenario));
    expect(one.commands).toEqual(three.commands);
    expect(one.problems).toEqual(three.problems);
  }
  await combined.table.stop();
});
