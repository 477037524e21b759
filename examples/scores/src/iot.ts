import { awsLambdaRequestHandler } from "@trpc/server/adapters/aws-lambda";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { appRouter, type Score, scoreOf, scores, t } from "./router.ts";

const env = process.env;

const chain = scores.engine(
  iot({
    prefix: [env["PREFIX"] ?? "scores"],
    // Without one the function does not start.
    secret: env["SUBSCRIPTIONS_SECRET"] ?? "",
  }),
);

/** What is served by HTTP: the application's own procedures, and the grants. */
export const httpRouter = t.mergeRouters(appRouter, chain.grantRouter(t));

/** The Lambda function behind the HTTP API or the function URL. */
export const http = awsLambdaRequestHandler({ router: httpRouter });

/** The Lambda function of IoT Core's custom authorizer. */
export const authorizer = chain.authorizer();

const endpoint = env["IOT_ENDPOINT"];
const publisher = chain.publisher(endpoint === undefined ? {} : { endpoint });

/** A Lambda function that is told of goals; it has `iot:Publish` on the prefix. */
export const scored = (score: Score) => publisher.routes.onScore.publish(scoreOf(score));
