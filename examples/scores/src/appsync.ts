import { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { appRouter, type Score, scoreOf, scores, t } from "./router.ts";

const env = process.env;
const url = env["EVENT_API_URL"] ?? "https://not-set.appsync-api.eu-central-1.amazonaws.com/event";

const chain = scores.engine(
  appsync({
    namespace: env["NAMESPACE"] ?? "scores",
    secret: env["SUBSCRIPTIONS_SECRET"] ?? "a secret of the example, for this machine alone",
    url,
  }),
);

/** What is served by HTTP: the application's own procedures, and the grants. */
export const httpRouter = t.mergeRouters(appRouter, chain.grantRouter(t));

/** The Lambda function behind the HTTP API or the function URL. */
export const http = awsLambdaRequestHandler({ router: httpRouter });

/** The Lambda function that the Event API asks about connections and subscriptions. */
export const authorizer = chain.authorizer();

const publisher = chain.publisher({ url, region: env["AWS_REGION"] ?? "eu-central-1" });

/** A Lambda function that is told of goals; it has `appsync:EventPublish` on the namespace. */
export const scored = (score: Score) => publisher.routes.onScore.publish(scoreOf(score));
