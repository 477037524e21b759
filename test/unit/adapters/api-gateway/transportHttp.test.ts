import { once } from "node:events";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { TransportError, type TransportFailure } from "../../../../src/errors.ts";
import {
  FakeManagementApi,
  type PathUnderTest,
  paths,
  transportOn,
  wasSent,
} from "./fakeManagementApi.ts";

const failureOf = (work: Promise<void>): Promise<TransportFailure | "delivered"> =>
  work.then(
    () => "delivered",
    (error: unknown) => {
      expect(error).toBeInstanceOf(TransportError);
      return (error as TransportError).failure;
    },
  );

let api: FakeManagementApi;
let post: (signal?: AbortSignal) => Promise<void>;

/** Posts of the tests around take this path; that they did is looked at after each. */
function usePath(path: PathUnderTest): void {
  beforeEach(async () => {
    // A request is copied for a second.
    vi.useFakeTimers({ toFake: ["Date"] });
    api = new FakeManagementApi();
    await api.start();
    const client = api.keep(path.clientOf(api.endpoint, 4));
    const transport = await transportOn(api, path, client);
    post = (signal = new AbortController().signal) => transport.post("Ab_c=", "{}", { signal });
  });

  afterEach(async () => {
    const onThisPath = api.received.filter(({ request }) => request.url !== "/probe");
    expect(onThisPath.map(wasSent)).toEqual(onThisPath.map(() => path.postPath === "send"));
    await api.stop();
    vi.useRealTimers();
  });
}

/** `errorType` is left out where a proxy or VPC endpoint drops the header. */
const answerWith = (status: number, errorType?: string, message = "m"): void => {
  api.answer = (_request, response) => {
    if (errorType !== undefined) response.setHeader("x-amzn-errortype", errorType);
    response.writeHead(status, { "content-type": "application/json" });
    response.end(status < 300 ? "" : JSON.stringify({ message }));
  };
};

describe.each(paths)("$name: answers of the management API", (path) => {
  usePath(path);

  it.each<
    [
      status: number,
      errorType: string | undefined,
      message: string,
      failure: TransportFailure | "delivered",
    ]
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
    [302, undefined, "", "unknown"],
  ])("C8: %i with error type %s, message %j is %s", async (...row) => {
    const [status, errorType, message, failure] = row;
    answerWith(status, errorType, message);
    expect(await failureOf(post())).toBe(failure);
    expect(api.received).toHaveLength(1);
  });

  it.each(["", "<html>Bad Gateway</html>", "{", "null", "[]"])(
    "C8: the body %j leaves it to the status",
    async (body) => {
      for (const [status, failure] of [
        [502, "transient"],
        [410, "gone"],
      ] as const) {
        api.answer = (_request, response) => response.writeHead(status).end(body);
        expect(await failureOf(post())).toBe(failure);
      }
    },
  );
});

describe.each(paths)("$name: what the answer says", (path) => {
  usePath(path);

  it.each([
    ["ForbiddenException", { message: "Missing token" }, "ForbiddenException: Missing token"],
    ["ForbiddenException:http://x/", { message: "m" }, "ForbiddenException: m"],
    ["com.amazonaws.x#SomeException", { message: "m" }, "SomeException: m"],
    [undefined, { __type: "a.b#OtherException", Message: "M" }, "OtherException: M"],
    ["SomeException,OtherException", { message: "m" }, "SomeException: m"],
    [undefined, { code: "CodeException", message: "m" }, "CodeException: m"],
    [undefined, { Code: "CodeException", message: "m" }, "CodeException: m"],
    [undefined, { message: "m" }, "Unknown: m"],
    ["ForbiddenException", {}, "ForbiddenException: UnknownError"],
    [undefined, undefined, "Unknown: UnknownError"],
  ])("C8: error type %s and body %j read %j", async (errorType, body, text) => {
    api.answer = (_request, response) => {
      if (errorType !== undefined) response.setHeader("x-amzn-errortype", errorType);
      response.writeHead(403).end(body === undefined ? "" : JSON.stringify(body));
    };
    await expect(post()).rejects.toMatchObject({
      message: `API Gateway: ${text}`,
      cause: { $metadata: { httpStatusCode: 403 } },
    });
  });
});

describe.each(paths)("$name: an answer that breaks off", (path) => {
  usePath(path);

  it("C8: a success whose body breaks off is delivered: a second try would be a second message", async () => {
    api.answer = (request, response) => {
      response.writeHead(200, { "content-length": "10" }).write("12");
      response.once("close", () => undefined);
      setImmediate(() => request.socket.destroy());
    };
    expect(await failureOf(post())).toBe("delivered");
  });

  it("C8: a refusal whose body breaks off is told by its status", async () => {
    api.answer = (request, response) => {
      response.writeHead(410, { "content-length": "10" }).write("12");
      setImmediate(() => request.socket.destroy());
    };
    expect(await failureOf(post())).toBe("gone");
  });
});

describe.each(paths)("$name: no answer", (path) => {
  usePath(path);

  it("race R16: a socket that is cut is transient, and tried once", async () => {
    api.answer = (request) => request.socket.destroy();
    expect(await failureOf(post())).toBe("transient");
    expect(api.received).toHaveLength(1);
  });

  it("race R16: an endpoint where nobody listens any more is transient", async () => {
    await api.close();
    // A socket that was kept open fails otherwise, and only once.
    expect(await failureOf(post())).toBe("transient");
    await expect(post()).rejects.toMatchObject({
      failure: "transient",
      cause: { code: "ECONNREFUSED" },
    });
  });

  it("race R16: a hanging post ends with its signal, and so does its socket", async () => {
    const controller = new AbortController();
    const cut = new Promise((resolve) => {
      api.answer = ({ socket }) => {
        resolve(once(socket, "close"));
        controller.abort();
      };
    });
    expect(await failureOf(post(controller.signal))).toBe("transient");
    await cut;
  });

  it("race R16: a signal ends its own post and no other", async () => {
    const controller = new AbortController();
    const release: (() => void)[] = [];
    api.answer = (_request, response) => {
      release.push(() => response.end());
      if (release.length === 2) controller.abort();
    };
    const [ended, kept] = [post(controller.signal), post()];
    expect(await failureOf(ended)).toBe("transient");
    for (const answer of release) answer();
    expect(await failureOf(kept)).toBe("delivered");
  });

  it("race R16: a signal that has aborted already lets nothing out", async () => {
    expect(await failureOf(post(AbortSignal.abort()))).toBe("transient");
    expect(api.received).toHaveLength(0);
  });
});

describe.each(paths)("$name: C25: sockets", (path) => {
  usePath(path);

  it("has no more posts under way than it was given sockets", async () => {
    let posts = 0;
    let underWay = 0;
    let most = 0;
    let release: () => void = () => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    api.answer = async ({ url }, response) => {
      if (url === "/probe") {
        release();
        response.end();
        return;
      }
      most = Math.max(most, ++underWay);
      // Further posts would be on their way by now, and here before the probe.
      if (++posts === 4) await fetch(new URL("/probe", api.endpoint));
      await released;
      underWay -= 1;
      response.end();
    };
    await Promise.all(Array.from({ length: 12 }, () => post()));
    expect(most).toBe(4);
    expect(api.received).toHaveLength(13);
  });

  it.each([200, 410, 429])("keeps them open from one %i to the next", async (status) => {
    answerWith(status);
    for (let count = 0; count < 5; count++) await failureOf(post());
    expect(api.received).toHaveLength(5);
    expect(api.connections).toBe(1);
  });
});
