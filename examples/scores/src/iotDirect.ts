import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { dynamodb } from "trpc-aws-subscriptions";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { type Score, scoreOf, scores } from "./router.ts";

const env = process.env;

const chain = scores.engine(
  iot({
    prefix: [env["PREFIX"] ?? "scores"],
    delivery: "direct",
    store: dynamodb({
      tableName: env["TABLE_NAME"] ?? "",
      dynamoDBClient: new DynamoDBClient({}),
    }),
  }),
);
const endpoint = env["IOT_ENDPOINT"];
const dataPlane = endpoint === undefined ? {} : { endpoint };

/** The Lambda function of IoT Core's custom authorizer. Scores are for everybody; others give it `authorize`. */
export const authorizer = chain.authorizer();

/** The Lambda function behind the topic rule of frames, whose SQL is `chain.rules().handler`. */
export const handler = chain.handler(dataPlane);

/** The Lambda function behind the topic rule of connections that ended, whose SQL is `chain.rules().disconnect`. */
export const disconnect = chain.disconnect();

const publisher = chain.publisher(dataPlane);

/** A Lambda function that is told of goals. */
export const scored = (score: Score) => publisher.routes.onScore.publish(scoreOf(score));

/** SQL of the topic rules, which the recipe repeats. */
export const rules = chain.rules();
