/** The library, as its README shows it. */
import { initTRPC } from "@trpc/server";
import { z } from "zod";
import { dynamodb, initSubscriptions } from "../../src/index.ts";
import { countedClient } from "./dynamodbUsage.ts";
import { runProgram } from "./program.ts";

await runProgram((task, usage) => {
  const subscriptions = initSubscriptions();
  const t = initTRPC.context<{ readonly userId: string }>().create();
  const router = t.router({
    mySubscription: t.procedure
      .input(z.object({ name: z.string() }))
      .subscription(subscriptions.resolver<string>()),
  });
  const store = dynamodb({
    tableName: task.tableName,
    dynamoDBClient: countedClient(usage, { endpoint: task.dynamoDBEndpoint }),
  });
  const errors = new Map<string, number>();
  const options = {
    endpoint: task.endpoint,
    deadlineMs: Number.POSITIVE_INFINITY,
    ...(task.postPath !== undefined && { postPath: task.postPath }),
    ...(task.width !== undefined && { concurrency: task.width }),
    onError: ({ error }: { readonly error: Error }) => {
      errors.set(error.message, (errors.get(error.message) ?? 0) + 1);
    },
  };
  const publisher = subscriptions
    .router({ router })
    .store({ store })
    .routes.mySubscription.filter({
      name: "userIdAndName",
      ctx: { userId: true },
      input: { name: true },
    })
    .publisher(options);
  const { userId, name, data } = task;
  return async () => {
    const filter = { name: "userIdAndName", ctx: { userId }, input: { name } } as const;
    const report = await publisher.routes.mySubscription.publish({ data, filter });
    return { ...report, errors: Object.fromEntries(errors) };
  };
});
