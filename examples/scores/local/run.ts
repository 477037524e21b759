import { createTRPCClient } from "@trpc/client";
import type { AppRouter, Score } from "../src/router.ts";
import type { Stack } from "./stack.ts";

/** Listeners that connect side by side. */
const AT_ONCE = 50;

interface Listener {
  readonly heard: readonly Score[];
  /** Resolves when something was heard. */
  readonly first: Promise<void>;
  close(): void;
}

/** What became of one score. */
export interface Outcome {
  /** Requests that the publish took. */
  readonly requests: number;
  /** Listeners of the match who heard it, and who heard it more than once. */
  readonly heard: number;
  readonly twice: number;
  /** Listeners of another match who heard it. */
  readonly strangers: number;
}

/** One score, for everybody who follows the match and nobody else. */
export async function runScores(
  stack: Stack,
  listeners: number,
  print: (line: string) => void,
): Promise<Outcome> {
  print(`engine      ${stack.name}, on ${stack.url}`);
  const startedAt = performance.now();
  const fans = await crowd(stack, "final", listeners);
  const others = await crowd(stack, "semi-final", 10);
  const seconds = (performance.now() - startedAt) / 1000;
  print(`listeners   ${listeners}, each with a connection of its own, in ${seconds.toFixed(1)} s`);

  const publishedAt = performance.now();
  await stack.scored({ match: "final", home: 1, away: 0 });
  await Promise.all(fans.map(({ first }) => first));
  const milliseconds = Math.round(performance.now() - publishedAt);
  const requests = stack.requests();
  // What the others were sent by mistake arrives before what they are sent now.
  await stack.scored({ match: "semi-final", home: 0, away: 0 });
  await Promise.all(others.map(({ first }) => first));
  const outcome = {
    requests,
    heard: fans.filter(({ heard }) => heard.length > 0).length,
    twice: fans.filter(({ heard }) => heard.length > 1).length,
    strangers: others.filter(({ heard }) => heard.some(({ match }) => match === "final")).length,
  };
  print(`published   1 score of the final: ${requests} request${requests === 1 ? "" : "s"} to AWS`);
  print(`received    by ${outcome.heard} of ${listeners}, the last one after ${milliseconds} ms`);
  print(`not by      the ${others.length} who follow another match`);
  for (const listener of [...fans, ...others]) listener.close();
  return outcome;
}

async function crowd(stack: Stack, match: string, size: number): Promise<readonly Listener[]> {
  const listeners: Listener[] = [];
  while (listeners.length < size) {
    const next = Math.min(AT_ONCE, size - listeners.length);
    const joined = Array.from({ length: next }, () => join(stack, match));
    listeners.push(...(await Promise.all(joined)));
  }
  return listeners;
}

async function join(stack: Stack, match: string): Promise<Listener> {
  const { link, close } = stack.link();
  const client = createTRPCClient<AppRouter>({ links: [link] });
  const heard: Score[] = [];
  let onFirst = (): void => undefined;
  const first = new Promise<void>((resolve) => {
    onFirst = resolve;
  });
  await new Promise<void>((resolve, reject) => {
    const onData = (score: Score): void => {
      heard.push(score);
      onFirst();
    };
    const onStarted = (): void => resolve();
    client.onScore.subscribe({ match }, { onStarted, onError: reject, onData });
  });
  return { heard, first, close };
}
