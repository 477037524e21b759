import { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import { TEST_API_ID, TEST_STAGE } from "./events.ts";

/** Endpoint of the API and stage of the built events. */
export const TEST_ENDPOINT: string = `https://${TEST_API_ID}.execute-api.us-east-1.amazonaws.com/${TEST_STAGE}`;

/** The SDK's client. */
export type ManagementClient = ApiGatewayManagementApiClient;

/** What answers in place of the management API: each gives the HTTP status. */
export interface ManagementAnswers {
  post(connectionId: string, frame: string): number;
  close(connectionId: string): number;
}

/** What is read of the SDK's `HttpRequest`. */
interface ManagementRequest {
  readonly method: string;
  readonly path: string;
  readonly body?: string | Uint8Array;
}

const ERROR_NAMES = new Map([
  [400, "BadRequestException"],
  [403, "ForbiddenException"],
  [410, "GoneException"],
  [413, "PayloadTooLargeException"],
  [429, "LimitExceededException"],
]);

/** The SDK's own client, whose requests are answered in this process. */
export function managementClient(answers: ManagementAnswers): ManagementClient {
  return new ApiGatewayManagementApiClient({
    endpoint: TEST_ENDPOINT,
    region: "us-east-1",
    // Only there to sign with.
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
    maxAttempts: 1,
    requestHandler: {
      handle: async (request: ManagementRequest) => response(statusOf(answers, request)),
    },
  });
}

function statusOf(answers: ManagementAnswers, { method, path, body }: ManagementRequest): number {
  const connectionId = decodeURIComponent(path.slice(path.lastIndexOf("/") + 1));
  switch (method) {
    case "POST":
      return answers.post(
        connectionId,
        typeof body === "string" ? body : new TextDecoder().decode(body),
      );
    case "DELETE":
      return answers.close(connectionId);
    default:
      return 200;
  }
}

/** A response as the SDK's request handlers give it. */
function response(statusCode: number): object {
  const errorName = ERROR_NAMES.get(statusCode);
  return {
    response: {
      statusCode,
      headers: errorName === undefined ? {} : { "x-amzn-errortype": errorName },
      body: new TextEncoder().encode(statusCode < 300 ? "" : `{"message":"status ${statusCode}"}`),
    },
  };
}
