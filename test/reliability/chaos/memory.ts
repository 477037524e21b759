import { collector } from "../../memory.ts";

interface Sample {
  readonly minutes: number;
  readonly megabytes: number;
}

/**
 * Memory in use over time, each time after a full collection: what is resident grows for as long as V8 sees no need to
 * collect.
 */
export class Memory {
  readonly #samples: Sample[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor(everyMs: number) {
    const collect = collector();
    this.#timer = setInterval(() => {
      collect();
      const { heapUsed, external } = process.memoryUsage();
      const minutes = performance.now() / 60_000;
      this.#samples.push({ minutes, megabytes: (heapUsed + external) / 2 ** 20 });
    }, everyMs);
  }

  /** Megabytes more a minute, by the line that fits best. The first third is warm-up. */
  end(): number {
    clearInterval(this.#timer);
    return slopeOf(this.#samples.slice(Math.floor(this.#samples.length / 3)));
  }
}

/** Least squares. */
function slopeOf(samples: readonly Sample[]): number {
  const mean = (of: (sample: Sample) => number): number =>
    samples.reduce((sum, sample) => sum + of(sample), 0) / samples.length;
  const minutes = mean((sample) => sample.minutes);
  const megabytes = mean((sample) => sample.megabytes);
  const covariance = mean((one) => (one.minutes - minutes) * (one.megabytes - megabytes));
  const variance = mean((one) => (one.minutes - minutes) ** 2);
  return variance === 0 ? 0 : covariance / variance;
}
