import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";

/**
 * A document client of our own on somebody else's client.
 *
 * `DynamoDBDocumentClient.from` keeps its options in the client's `config`, which every document client on the same
 * client shares: the last one made decides how all of them read numbers and write `undefined`. So ours gets a copy of
 * the config. Sockets, credentials, region and middleware, also middleware added later, stay the client's.
 */
export function documentClientOn(
  client: DynamoDBClient | DynamoDBDocumentClient,
): DynamoDBDocumentClient {
  const config = {
    ...client.config,
    translateConfig: undefined,
    // The document client refuses to work with it.
    cacheMiddleware: false,
  };
  const own: DynamoDBClient = Object.create(client, { config: { value: config } });
  return DynamoDBDocumentClient.from(own, {
    // By default one number beyond JavaScript's, in whoever's row, fails the reading of its whole page.
    unmarshallOptions: { wrapNumbers: Number },
  });
}
