import {
  type DynamoDBClient,
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import type { PostFault } from "trpc-aws-subscriptions/local";

/** How often each kind of fault happens, of all occasions. */
export const rates = {
  duplicateInvocation: 0.1,
  lostDisconnect: 0.2,
  dynamoThrottle: 0.05,
  dynamoConflict: 0.05,
  postRefused: 0.05,
  postFailed: 0.03,
  postUnanswered: 0.02,
  postHanging: 0.02,
} as const;

/** What may go wrong. */
export type FaultKind = keyof typeof rates;

/** Decides what goes wrong, and counts it. */
export class Faults {
  readonly counts: Record<FaultKind, number> = {
    duplicateInvocation: 0,
    lostDisconnect: 0,
    dynamoThrottle: 0,
    dynamoConflict: 0,
    postRefused: 0,
    postFailed: 0,
    postUnanswered: 0,
    postHanging: 0,
  };
  readonly #random: () => number;
  #isOver = false;

  /** @param random - from 0 to 1 */
  constructor(random: () => number) {
    this.#random = random;
  }

  /** Nothing goes wrong any more. */
  end(): void {
    this.#isOver = true;
  }

  /** Whether it happens now. */
  happens(kind: FaultKind): boolean {
    return this.oneOf(kind) === kind;
  }

  /** The one of these that happens now, if any. */
  oneOf(...kinds: readonly FaultKind[]): FaultKind | undefined {
    if (this.#isOver) return undefined;
    let left = this.#random();
    for (const kind of kinds) {
      left -= rates[kind];
      if (left >= 0) continue;
      this.counts[kind]++;
      return kind;
    }
    return undefined;
  }
}

/** What the gateway answers a post with; {@link PostFault} of a fault. */
export function postFault(kind: FaultKind | undefined): PostFault | "hang" | undefined {
  switch (kind) {
    case "postRefused":
      return { statusCode: 429 };
    case "postFailed":
      return { statusCode: 503 };
    case "postUnanswered":
      return { statusCode: 504, delivered: true };
    case "postHanging":
      return "hang";
    default:
      return undefined;
  }
}

const reads: ReadonlySet<string> = new Set(["GetItem", "BatchGetItem", "Query"]);

/** Lets calls of a client go wrong. */
export function failCalls(client: DynamoDBClient, faults: Faults): void {
  // Below what the SDK itself tries again.
  client.middlewareStack.add(
    (next, context) => (args) => {
      const operation = String(context.commandName).replace(/Command$/, "");
      const isAlone = reads.has(operation) || operation === "BatchWriteItem";
      const fault = isAlone
        ? faults.oneOf("dynamoThrottle")
        : faults.oneOf("dynamoThrottle", "dynamoConflict");
      if (fault === undefined) return next(args);
      throw fault === "dynamoThrottle" ? throttled() : conflict(args.input);
    },
    { step: "finalizeRequest", priority: "low", name: "chaos" },
  );
  // Above what turns plain values into DynamoDB's: what is not processed comes back as it was given.
  client.middlewareStack.add(
    (next, context) => async (args) => {
      const isBatch = context.commandName === "BatchWriteItemCommand";
      if (!isBatch || !faults.happens("dynamoConflict")) return next(args);
      const { RequestItems } = args.input as { readonly RequestItems?: unknown };
      return { response: {}, output: { $metadata: {}, UnprocessedItems: RequestItems } };
    },
    { step: "initialize", priority: "high", name: "chaosUnprocessed" },
  );
}

function throttled(): Error {
  return new ProvisionedThroughputExceededException({ message: "chaos", $metadata: {} });
}

/** As a transaction or a single write meets another transaction on one of its items. */
function conflict(input: object): Error {
  const given = { message: "chaos", $metadata: {} };
  if (!("TransactItems" in input)) return new TransactionConflictException(given);
  const items = input.TransactItems as readonly unknown[];
  const CancellationReasons = items.map((_, index) => ({
    Code: index === 0 ? "TransactionConflict" : "None",
  }));
  return new TransactionCanceledException({ ...given, CancellationReasons });
}
