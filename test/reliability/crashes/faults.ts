import { LimitExceededException } from "@aws-sdk/client-apigatewaymanagementapi";
import {
  ProvisionedThroughputExceededException,
  TransactionCanceledException,
  TransactionConflictException,
} from "@aws-sdk/client-dynamodb";
import type { Call, Fault } from "../../contract/observe.ts";
import { type LambdaProcess, lose } from "./lambdaProcess.ts";
import type { Sockets } from "./sockets.ts";

/** What a fault has to do with. */
export interface Place {
  readonly process: LambdaProcess;
  readonly sockets: Sockets;
}

/** One way for a call to go wrong. */
export interface FaultKind {
  readonly name: string;
  /** Whether such a call can. */
  readonly fits: (call: Call) => boolean;
  readonly fault: (call: Call, place: Place) => Fault;
  /** Every later call of the same command goes wrong too. */
  readonly lasts?: true;
  /** Whether nobody notices: another try mends it. */
  readonly isMended?: (call: Call) => boolean;
  /** Whether nothing is to be learnt from it that another fault does not tell. */
  readonly isLikeAnother?: (call: Call, previous: Call | undefined) => boolean;
  /** The frame may have arrived and be posted again, as PROTOCOL.md says. */
  readonly repeatsPosts?: true;
}

const POST = "PostToConnectionCommand";
const DELETE = "DeleteConnectionCommand";
const TRANSACTION = "TransactWriteItemsCommand";
const READS: readonly string[] = ["GetItemCommand", "BatchGetItemCommand", "QueryCommand"];
const BATCHES: readonly string[] = ["BatchGetItemCommand", "BatchWriteItemCommand"];

const isManagement = ({ command }: Call): boolean => command === POST || command === DELETE;
const isPost = ({ command }: Call): boolean => command === POST;
const isTable = (call: Call): boolean => !isManagement(call);
const isBatch = ({ command }: Call): boolean => BATCHES.includes(command);
const changes = ({ command }: Call): boolean => !READS.includes(command);
const isWrite = (call: Call): boolean => isTable(call) && changes(call);
/** What `BatchWriteItem` collides with comes back unprocessed. */
const canConflict = (call: Call): boolean => isWrite(call) && !isBatch(call);
const always = (): boolean => true;

/** All of them. */
export const faultKinds: readonly FaultKind[] = [
  { name: "before", fits: always, fault: () => ({ refuse: networkError() }), isMended: isPost },
  {
    name: "after",
    fits: changes,
    isMended: isPost,
    fault: () => ({ loseAnswer: networkError() }),
    repeatsPosts: true,
  },
  {
    // The SDK tries again, with the same token, when it got no answer.
    name: "sent twice",
    fits: isWrite,
    fault: () => {
      let tries = 0;
      return {
        onWire: async (send) => {
          const answer = await send();
          tries++;
          if (tries > 1) return answer;
          lose(answer);
          throw networkError();
        },
      };
    },
  },
  {
    name: "conflict",
    fits: canConflict,
    fault: (call) => ({ refuse: conflict(call) }),
    isMended: always,
  },
  {
    name: "conflict for ever",
    fits: canConflict,
    fault: (call) => ({ refuse: conflict(call) }),
    lasts: true,
  },
  {
    name: "throttle",
    fits: always,
    fault: (call) => ({ refuse: throttle(call) }),
    isMended: (call) => isPost(call) || call.command === TRANSACTION,
    // Throttling of a single call is the SDK's to try again; to us it is a failure, as that of the network.
    isLikeAnother: (call) => isTable(call) && call.command !== TRANSACTION,
  },
  { name: "unprocessed", fits: isBatch, fault: (call) => holdBack(call), isMended: always },
  { name: "unprocessed for ever", fits: isBatch, fault: (call) => holdBack(call), lasts: true },
  {
    name: "timeout",
    fits: always,
    isMended: isPost,
    fault: (_, { process }) => ({ onWire: (_send, signal) => process.hang(signal) }),
  },
  {
    name: "timeout after",
    fits: changes,
    isMended: isPost,
    fault: (_, { process }) => ({
      onWire: async (send, signal) => {
        lose(await send());
        return process.hang(signal);
      },
    }),
    repeatsPosts: true,
  },
  {
    name: "socket gone",
    fits: ({ command }) => command === POST,
    fault: ({ input }, { sockets }) => ({
      before: async () => {
        sockets.open.delete(String(input["ConnectionId"]));
      },
    }),
  },
  {
    name: "dies before",
    fits: always,
    fault: (_, { process }) => ({ before: () => process.die() }),
    // That is to die after the call before it.
    isLikeAnother: (_, previous) => previous !== undefined && changes(previous),
  },
  {
    name: "dies after",
    fits: changes,
    fault: (_, { process }) => ({
      onWire: async (send) => {
        lose(await send());
        void process.die();
        return process.hang(undefined);
      },
    }),
  },
];

/** A post after a post, or a read after a read: what goes wrong with it goes wrong with the first. */
export function isLikeBefore(call: Call, previous: Call | undefined): boolean {
  return previous?.command === call.command && !isWrite(call);
}

/** After the SDK's own tries. */
function networkError(): Error {
  const $metadata = { attempts: 3 };
  return Object.assign(new Error("connect ECONNRESET"), { name: "TimeoutError", $metadata });
}

function throttle(call: Call): Error {
  if (isManagement(call)) {
    return new LimitExceededException({ $metadata: { httpStatusCode: 429 }, message: "slow down" });
  }
  if (call.command === TRANSACTION) return cancelled(call, "ThrottlingError");
  return new ProvisionedThroughputExceededException({ $metadata: {}, message: "slow down" });
}

function conflict(call: Call): Error {
  return call.command === TRANSACTION
    ? cancelled(call, "TransactionConflict")
    : new TransactionConflictException({ $metadata: {}, message: "Transaction is ongoing" });
}

function cancelled({ input }: Call, code: string): TransactionCanceledException {
  const items = input["TransactItems"] as readonly unknown[];
  return new TransactionCanceledException({
    $metadata: {},
    message: "Transaction cancelled",
    CancellationReasons: items.map((_, index) => ({ Code: index === 0 ? code : "None" })),
  });
}

/** Half of a batch is done, rounded down. */
function holdBack({ command, input }: Call): Fault {
  const [[table, requests]] = Object.entries(input["RequestItems"] as object) as [
    [string, readonly unknown[] | { readonly Keys: readonly unknown[] }],
  ];
  const all = "Keys" in requests ? requests.Keys : requests;
  const half = Math.floor(all.length / 2);
  const part = (some: readonly unknown[]): object => ({
    [table]: "Keys" in requests ? { ...requests, Keys: some } : some,
  });
  const left = part(all.slice(half));
  const held =
    command === "BatchGetItemCommand" ? { UnprocessedKeys: left } : { UnprocessedItems: left };
  return half === 0
    ? { answer: held }
    : { input: { RequestItems: part(all.slice(0, half)) }, edit: () => held };
}
