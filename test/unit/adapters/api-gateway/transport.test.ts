import {
  ApiGatewayManagementApiClient,
  DeleteConnectionCommand,
  PostToConnectionCommand,
} from "@aws-sdk/client-apigatewaymanagementapi";
import { mockClient } from "aws-sdk-client-mock";
import { afterEach, describe, expect, it } from "vitest";
import { apiGatewayTransport } from "../../../../src/adapters/api-gateway/transport.ts";
import { TransportError } from "../../../../src/errors.ts";

const client = new ApiGatewayManagementApiClient({ region: "us-east-1" });
const api = mockClient(client);
const transport = apiGatewayTransport(client);
const { signal } = new AbortController();

afterEach(() => api.reset());

/** An error as the SDK throws it. */
const sdkError = (fields: { name: string; message?: string; status?: number }): Error =>
  Object.assign(new Error(fields.message ?? ""), {
    name: fields.name,
    $metadata: fields.status === undefined ? {} : { httpStatusCode: fields.status },
  });

const failureOf = async (work: Promise<void>): Promise<unknown> => {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(TransportError);
  return (error as TransportError).failure;
};

describe("what is asked of the management API", () => {
  it("one PostToConnection with the frame as it is", async () => {
    api.on(PostToConnectionCommand).resolves({});
    await transport.post("Ab_c-1=", '{"id":1,"data":"é#%"}', { signal });
    expect(api.calls().map(({ args }) => [...args])).toEqual([
      [
        expect.objectContaining({
          input: { ConnectionId: "Ab_c-1=", Data: '{"id":1,"data":"é#%"}' },
        }),
        { abortSignal: signal },
      ],
    ]);
  });

  it("one DeleteConnection", async () => {
    api.on(DeleteConnectionCommand).resolves({});
    await transport.close("Ab_c-1=", signal);
    expect(api.calls().map(({ args }) => [...args])).toEqual([
      [expect.objectContaining({ input: { ConnectionId: "Ab_c-1=" } }), { abortSignal: signal }],
    ]);
  });
});

describe("the SDK's errors", () => {
  it.each([
    [{ name: "GoneException", status: 410 }, "gone"],
    [{ name: "Unknown", status: 410 }, "gone"],
    [{ name: "BadRequestException", message: "Invalid connectionId: x", status: 400 }, "gone"],
    [{ name: "BadRequestException", message: "Invalid header", status: 400 }, "unknown"],
    [{ name: "ForbiddenException", status: 403 }, "forbidden"],
    [{ name: "AccessDeniedException", status: 403 }, "forbidden"],
    [{ name: "PayloadTooLargeException", status: 413 }, "tooLarge"],
    [{ name: "LimitExceededException", status: 429 }, "throttled"],
    [{ name: "Unknown", status: 429 }, "throttled"],
    [{ name: "Unknown", status: 500 }, "transient"],
    [{ name: "Unknown", status: 503 }, "transient"],
    [{ name: "Unknown", status: 404 }, "unknown"],
    [{ name: "Unknown", status: 302 }, "unknown"],
    [{ name: "TimeoutError" }, "transient"],
    [{ name: "AbortError" }, "transient"],
    [{ name: "Error", message: "getaddrinfo ENOTFOUND" }, "transient"],
    [{ name: "CredentialsProviderError" }, "unknown"],
  ])("C8: %j is %s", async (fields, failure) => {
    api.on(PostToConnectionCommand).rejects(sdkError(fields));
    expect(await failureOf(transport.post("c", "f", { signal }))).toBe(failure);
  });

  it("C8: the error says what the SDK said, and keeps it as its cause", async () => {
    const cause = sdkError({ name: "ForbiddenException", message: "Missing token", status: 403 });
    api.on(PostToConnectionCommand).rejects(cause);
    await expect(transport.post("c", "f", { signal })).rejects.toMatchObject({
      message: "API Gateway: ForbiddenException: Missing token",
      cause,
    });
  });

  it("R13: closing what is closed already is a success, everything else is told", async () => {
    api.on(DeleteConnectionCommand).rejects(sdkError({ name: "GoneException", status: 410 }));
    await transport.close("c", signal);
    api.on(DeleteConnectionCommand).rejects(sdkError({ name: "Unknown", status: 403 }));
    expect(await failureOf(transport.close("c", signal))).toBe("forbidden");
  });
});
