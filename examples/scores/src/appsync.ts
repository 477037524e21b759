import { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { appRouter, scores, t } from "./router.ts";

const env = process.env;
const url = env["EVENT_API_URL"];

export const chain = scores.engine(
  appsync({
    namespace: env["NAMESPACE"] ?? "scores",
    // Without one the function does not start.
    secret: env["SUBSCRIPTIONS_SECRET"] ?? "",
    // The authorizer is made before the API, and does not need it.
    ...(url !== undefined && { url }),
  }),
);

/** What is served by HTTP: the application's own procedures, and the grants. */
export const httpRouter = t.mergeRouters(appRouter, chain.grantRouter(t));

/** The Lambda function behind the HTTP API or the function URL. */
export const http = awsLambdaRequestHandler({ router: httpRouter });

/** The Lambda function that the Event API asks about connections and subscriptions. */
export const authorizer = chain.authorizer();
