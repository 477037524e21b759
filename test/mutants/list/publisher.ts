import type { Mutant } from "../mutant.ts";

const POSTER = "src/publisher/poster.ts";

/** What a publish does with whom it has found. */
export const publisherMutants: readonly Mutant[] = [
  {
    name: "api-of-rows-ignored",
    breaks: "A publisher posts to connections of another API or stage on the same table.",
    edits: [
      {
        file: "src/publisher/matches.ts",
        find: "...(api !== undefined && { api }),",
        replace: "",
      },
    ],
    tests: ["test/e2e/publish/endpoints.test.ts"],
  },
  {
    name: "wrong-endpoint-breaker-off",
    breaks: "A publish to a wrong endpoint removes every subscription of the API.",
    edits: [
      {
        file: "src/publisher/goneConnections.ts",
        find: "return this.#posted >= MIN_POSTS && this.#gone / this.#posted >= SUSPICIOUS_SHARE;",
        replace: "return this.#posted < 0 && this.#gone / MIN_POSTS >= SUSPICIOUS_SHARE;",
      },
    ],
    tests: ["test/unit/publisher/goneConnections.test.ts"],
  },
  {
    name: "cursor-not-verified",
    breaks: "Whoever makes up a cursor says who gets what.",
    edits: [
      {
        file: "src/publisher/cursor.ts",
        find: "if (given.length !== expected.length || !timingSafeEqual(given, expected)) {",
        replace: "if (given.length !== expected.length && !timingSafeEqual(given, given)) {",
      },
    ],
    tests: ["test/unit/publisher/cursor.test.ts"],
  },
  {
    name: "failed-reported-as-delivered",
    breaks: "A report says delivered of a subscriber that was not reached.",
    edits: [{ file: POSTER, find: "this.tally.failed++;", replace: "this.tally.delivered++;" }],
    tests: ["test/unit/publisher/publishTries.test.ts", "test/unit/publisher/slowConsumer.test.ts"],
  },
  {
    name: "post-timeout-does-not-abort",
    breaks: "A hanging post keeps its socket after its time is over.",
    edits: [
      {
        file: "src/publisher/postTimeouts.ts",
        find: "  settle(noAnswer(problem));\n  controller.abort();",
        replace: "  settle(noAnswer(controller.signal.aborted ? problem : problem));",
      },
    ],
    tests: ["test/unit/publisher/postTimeouts.test.ts"],
  },
  {
    name: "deadline-ignored",
    breaks: "A publish begins new posts for ever, and Lambda kills it without a report.",
    edits: [
      {
        file: "src/publisher/withDeadline.ts",
        find: "timer(deadlineMs - drainMs, () => stop.abort()),",
        replace: "timer(deadlineMs - drainMs, () => undefined),",
      },
    ],
    tests: ["test/unit/publisher/withDeadline.test.ts"],
  },
  {
    name: "resumed-without-asking-again",
    breaks: "Who has stopped between the parts of a publish is posted to nevertheless.",
    edits: [
      {
        file: "src/publisher/runJob.ts",
        find: 'const again = await inTime("the store", abort, () => pendingOf(context, job));',
        replace:
          'const again: readonly Match[] = await inTime("the store", abort, async () => pendingOf === undefined ? [] : job.pending.map((route) => ({ route })));',
      },
    ],
    tests: ["test/unit/publisher/resumeLater.test.ts"],
  },
  {
    name: "part-posted-without-a-claim",
    breaks: "A message that the queue delivers twice is posted twice.",
    edits: [
      {
        file: "src/publisher/partClaims.ts",
        find: 'if (claim.status === "done") return undefined;',
        replace: 'if (claim.status === "done") return { repeated: false };',
      },
    ],
    tests: ["test/unit/publisher/workerFailures.test.ts"],
  },
  {
    name: "repetition-named-as-the-first",
    breaks:
      "Workers take what a repeated publish leaves to them for done, though it begins earlier: nobody posts to who is in between.",
    edits: [
      {
        file: "src/publisher/publishKept.ts",
        find: "const repetition = kept.repeated && { repetition: kept.cursor };",
        replace: "const repetition = {};",
      },
    ],
    tests: ["test/unit/publisher/workerRepeats.test.ts"],
  },
  {
    name: "worker-opens-without-a-deadline",
    breaks:
      "A worker that gets no answer before it knows its part is killed by Lambda, and nobody is told why.",
    edits: [
      {
        file: "src/publisher/worker.ts",
        find: `      inTime("the store", abort, async () =>
        keepYoung(context, await openRun(context, message.body), abort),
      ),`,
        replace: `      inTime === undefined
        ? Promise.reject(new Error())
        : openRun(context, message.body).then((opened) => keepYoung(context, opened, abort)),`,
      },
    ],
    tests: ["test/unit/publisher/workerTime.test.ts"],
  },
  {
    name: "hook-holds-up-a-revocation",
    breaks: "A connection that is revoked stays open for as long as an onStop hangs.",
    edits: [
      {
        file: "src/publisher/verbs.ts",
        find: "const hooks = runStopHooks(app, ended, { report, limit: { timeoutMs, signal: abort } });",
        replace: "const hooks = runStopHooks(app, ended, { report });\n  await hooks;",
      },
    ],
    tests: ["test/unit/publisher/stopHooks.test.ts"],
  },
  {
    name: "hook-holds-up-complete",
    breaks:
      "complete() never ends when an onStop hangs, and the client is not told that it is over.",
    edits: [
      {
        file: "src/publisher/verbs.ts",
        find: "runStopHook(context.app, ended, { report: context.report, limit }),",
        replace:
          "runStopHook(context.app, ended, { report: context.report, ...(!limit && { limit }) }),",
      },
    ],
    tests: ["test/unit/publisher/stopHooks.test.ts"],
  },
  {
    name: "hook-holds-up-disconnect",
    breaks: "An onStop that hangs is waited for until Lambda kills the handler of $disconnect.",
    edits: [
      {
        file: "src/adapters/api-gateway/disconnect.ts",
        find: "return endConnection(app, connectionId, { report, limit });",
        replace: "return endConnection(app, connectionId, { report, ...(!limit && { limit }) });",
      },
    ],
    tests: ["test/unit/adapters/api-gateway/disconnect.test.ts"],
  },
  {
    name: "note-waited-for-for-ever",
    breaks:
      "A publish that has posted to everybody never resolves when the table does not answer its last note.",
    edits: [
      {
        file: "src/publisher/withDeadline.ts",
        find: 'return withTimeout({ timeoutMs: NOTE_TIMEOUT_MS, signal, from: "the store" }, work);',
        replace:
          "return signal.aborted || NOTE_TIMEOUT_MS === 0 ? Promise.reject(new Error()) : work();",
      },
    ],
    tests: [
      "test/unit/publisher/publishKept.test.ts",
      "test/unit/publisher/workerDeadLetters.test.ts",
    ],
  },
  {
    name: "too-large-is-sent",
    breaks: "A frame that API Gateway refuses is found out once per subscriber.",
    edits: [
      {
        file: "src/publisher/event.ts",
        find: "if (bytes > MAX_MESSAGE_BYTES) {",
        replace: "if (bytes > 2 * MAX_MESSAGE_BYTES) {",
      },
    ],
    tests: ["test/unit/publisher/event.test.ts"],
  },
];
