import { createServer, type IncomingMessage, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  apiGatewayTransport,
  createManagementClient,
} from "../../../../src/adapters/api-gateway/transport.ts";
import { TransportError, type TransportFailure } from "../../../../src/errors.ts";

const portOf = (listening: Server): number => (listening.address() as AddressInfo).port;

let server: Server;
let received: { readonly request: IncomingMessage; readonly body: string }[];
let answer: RequestListener;
let client: ReturnType<typeof createManagementClient>;

beforeEach(async () => {
  vi.stubEnv("AWS_REGION", "us-east-1");
  vi.stubEnv("AWS_ACCESS_KEY_ID", "test");
  vi.stubEnv("AWS_SECRET_ACCESS_KEY", "test");
  received = [];
  server = createServer(async (request, response) => {
    const body = await text(request).catch(() => "");
    received.push({ request, body });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  client = createManagementClient(`http://127.0.0.1:${portOf(server)}/prod`, 4);
});

afterEach(async () => {
  client.destroy();
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
  vi.unstubAllEnvs();
});

const post = (signal = new AbortController().signal): Promise<void> =>
  apiGatewayTransport(client).post("Ab_c=", "{}", signal);

const failureOf = (work: Promise<void>): Promise<TransportFailure | "delivered"> =>
  work.then(
    () => "delivered",
    (error: unknown) => {
      expect(error).toBeInstanceOf(TransportError);
      return (error as TransportError).failure;
    },
  );

/** `errorType` is left out where a proxy or VPC endpoint drops the header. */
const answerWith = (status: number, errorType?: string, message = "m"): void => {
  answer = (_request, response) => {
    if (errorType !== undefined) response.setHeader("x-amzn-errortype", errorType);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status < 300 ? "" : JSON.stringify({ message }));
  };
};

describe("answers of the management API", () => {
  it.each<
    [status: number, errorType: string | undefined, message: string, TransportFailure | "delivered"]
  >([
    [200, undefined, "", "delivered"],
    [410, "GoneException", "", "gone"],
    [410, undefined, "", "gone"],
    [429, "LimitExceededException", "", "throttled"],
    [429, undefined, "", "throttled"],
    [413, "PayloadTooLargeException", "", "tooLarge"],
    [413, undefined, "", "tooLarge"],
    [403, "ForbiddenException", "", "forbidden"],
    [403, "AccessDeniedException", "", "forbidden"],
    [403, undefined, "", "forbidden"],
    [400, "BadRequestException", "Invalid connectionId: Ab_c=", "gone"],
    [400, undefined, "Invalid connectionId: Ab_c=", "gone"],
    [400, "BadRequestException", "Bad Request", "unknown"],
    [500, "InternalServerErrorException", "", "transient"],
    [500, undefined, "", "transient"],
    [502, undefined, "", "transient"],
    [503, undefined, "", "transient"],
    [504, undefined, "", "transient"],
    [404, undefined, "", "unknown"],
  ])("C8: %i with error type %s, message %j is %s", async (...row) => {
    const [status, errorType, message, failure] = row;
    answerWith(status, errorType, message);
    expect(await failureOf(post())).toBe(failure);
    expect(received).toHaveLength(1);
  });

  it.each(["", "<html>Bad Gateway</html>", "{", "null", "[]"])(
    "C8: a 502 with the body %j is transient",
    async (body) => {
      answer = (_request, response) => response.writeHead(502).end(body);
      expect(await failureOf(post())).toBe("transient");
    },
  );

  it("sends one signed POST with the frame as its body", async () => {
    answerWith(200);
    await post();
    expect(received).toHaveLength(1);
    const { request, body } = received[0] ?? {};
    expect(request?.method).toBe("POST");
    expect(request?.url).toBe("/prod/@connections/Ab_c%3D");
    expect(request?.headers.authorization).toContain("/us-east-1/execute-api/aws4_request");
    expect(body).toBe("{}");
  });
});

describe("no answer", () => {
  it("race R16: a socket that is cut is transient, and tried once", async () => {
    answer = (request) => request.socket.destroy();
    expect(await failureOf(post())).toBe("transient");
    expect(received).toHaveLength(1);
  });

  it.each(["http://127.0.0.1:1/prod", "http://nowhere.invalid/prod"])(
    "race R16: %s, where nobody listens, is transient",
    async (endpoint) => {
      client.destroy();
      client = createManagementClient(endpoint, 1);
      expect(await failureOf(post())).toBe("transient");
    },
  );

  it("race R16: a hanging post ends with its signal", async () => {
    const controller = new AbortController();
    answer = () => controller.abort();
    expect(await failureOf(post(controller.signal))).toBe("transient");
  });

  it("race R16: a signal that has aborted already lets nothing out", async () => {
    answerWith(200);
    expect(await failureOf(post(AbortSignal.abort()))).toBe("transient");
    expect(received).toHaveLength(0);
  });
});

describe("C25: sockets", () => {
  it("has no more posts under way than it was given sockets", async () => {
    let posts = 0;
    let underWay = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    answer = async ({ url }, response) => {
      if (url === "/probe") {
        release();
        response.end();
        return;
      }
      most = Math.max(most, ++underWay);
      // Further posts would be on their way by now, and here before the probe.
      if (++posts === 4) await fetch(`http://127.0.0.1:${portOf(server)}/probe`);
      await released;
      underWay -= 1;
      response.end();
    };
    await Promise.all(Array.from({ length: 12 }, () => post()));
    expect(most).toBe(4);
    expect(received).toHaveLength(13);
  });

  it("keeps them open from one post to the next", async () => {
    answerWith(200);
    for (let count = 0; count < 3; count++) await post();
    expect(new Set(received.map(({ request }) => request.socket.remotePort)).size).toBe(1);
  });
});
