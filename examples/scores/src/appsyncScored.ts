import { chain } from "./appsync.ts";
import { type Score, scoreOf } from "./router.ts";

const publisher = chain.publisher({
  url: process.env["EVENT_API_URL"] ?? "",
  region: process.env["AWS_REGION"] ?? "",
});

/** A Lambda function that is told of goals; it has `appsync:EventPublish` on the namespace. */
export const scored = (score: Score) => publisher.routes.onScore.publish(scoreOf(score));
