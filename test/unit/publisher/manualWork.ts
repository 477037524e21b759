import { getEventListeners } from "node:events";
import {
  type FanOutEnd,
  type FanOutPlan,
  fanOut,
  type Try,
} from "../../../src/publisher/fanOut.ts";
import { Gate } from "../../../src/publisher/gate.ts";
import { PoolWidth } from "../../../src/publisher/poolWidth.ts";

/** One try that is under way until the test ends it. */
interface UnderWay {
  readonly item: number;
  readonly attempt: number;
  readonly end: (result?: Try) => void;
}

export const range = (count: number, from = 0): readonly number[] =>
  Array.from({ length: count }, (_, index) => from + index);

/** Pages that count how often they were asked for the next one, and tell when they were closed. */
export function countedPages<T>(source: Iterable<readonly T[]> | AsyncIterable<readonly T[]>) {
  const count = { asked: 0, closed: false };
  const pages = (async function* () {
    try {
      count.asked++;
      for await (const page of source) {
        yield page;
        count.asked++;
      }
    } finally {
      count.closed = true;
    }
  })();
  return { pages, count };
}

/** A fan-out whose tries end when the test says so. */
export function start(
  pages: FanOutPlan<number>["pages"],
  options: {
    readonly width?: number;
    readonly again?: readonly number[];
    readonly gate?: Gate;
    readonly stopped?: boolean;
  } = {},
) {
  const { width = 3, again = [], gate = new Gate(new PoolWidth(width)) } = options;
  const stop = new AbortController();
  if (options.stopped === true) stop.abort();
  const abort = new AbortController();
  const underWay: UnderWay[] = [];
  const begun: number[] = [];
  const seen = { most: 0, isOver: false };
  const work = (item: number, attempt: number): Promise<Try> =>
    new Promise((resolve) => {
      const one: UnderWay = {
        item,
        attempt,
        end: (result = {}) => {
          underWay.splice(underWay.indexOf(one), 1);
          resolve(result);
        },
      };
      underWay.push(one);
      begun.push(item);
      seen.most = Math.max(seen.most, underWay.length);
    });
  const signals = { stop: stop.signal, abort: abort.signal };
  const running: Promise<FanOutEnd<number>> = fanOut({ pages, again, work, gate, ...signals });
  const over = (): void => {
    seen.isOver = true;
  };
  running.then(over, over);
  const listeners = (): number =>
    [stop.signal, abort.signal].flatMap((signal) => getEventListeners(signal, "abort")).length;
  return { running, stop, abort, underWay, begun, seen, gate, listeners };
}
