import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** How many calls of a client are under way. */
export interface InFlight {
  now: number;
  /** The most there ever were at once. */
  most: number;
}

/** Counts the calls of a client that are under way from now on, of one command or of all. */
export function countInFlight(client: DynamoDBClient, command?: string): InFlight {
  const count = { now: 0, most: 0 };
  client.middlewareStack.add(
    (next, context) => async (args) => {
      if (command !== undefined && context.commandName !== command) return next(args);
      count.now += 1;
      count.most = Math.max(count.most, count.now);
      try {
        return await next(args);
      } finally {
        count.now -= 1;
      }
    },
    { step: "initialize", priority: "low", name: `in flight ${command}` },
  );
  return count;
}
