import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { generate } from "selfsigned";
import { type AppSyncEventsOptions, startAppSyncEvents } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";
import { type AmplifyClient, startAmplify } from "./amplifyClient.ts";

const CREDENTIALS = {
  accessKeyId: "AKIDEXAMPLE",
  secretAccessKey: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
  sessionToken: "session",
};

const namespaces: AppSyncEventsOptions["namespaces"] = {
  default: {
    onSubscribe: async ({ info }) =>
      info.channel.path.includes("secret") ? { error: `not ${info.channel.path}` } : null,
  },
};

/** Connects, subscribes, publishes by both ways in batches, is refused, and goes on hearing. */
async function tour(amplify: AmplifyClient, authToken?: string): Promise<void> {
  const room = { name: "room", channel: "/default/room/1", authToken };
  await amplify.call("subscribe", room);
  await amplify.call("post", { channel: room.channel, event: { n: 1 }, authToken });
  // Without the slash, and as a batch.
  await amplify.call("post", { channel: "default/room/1", event: [{ n: 2 }, { n: 3 }], authToken });
  await amplify.waitFor(3);
  await amplify.call("publish", { name: "room", event: { n: 4 }, authToken });
  await amplify.waitFor(4);
  const secret = { name: "secret", channel: "/default/secret", authToken };
  await expect(amplify.call("subscribe", secret)).rejects.toThrow(/HandlerError|not \/default/);
  await amplify.call("publish", { name: "room", event: { n: 5 }, authToken });
  await amplify.waitFor(5);
  expect(amplify.heard).toEqual([1, 2, 3, 4, 5].map((n) => ({ name: "room", event: { n } })));
}

describe("the events client of AWS Amplify", () => {
  it("uses the emulator with an API key, over a socket that is not secure", async () => {
    const api = await startAppSyncEvents({ namespaces, apiKeys: ["da2-local"] });
    await using amplify = await startAmplify({
      endpoint: api.url,
      authMode: "apiKey",
      apiKey: "da2-local",
    });
    await tour(amplify);
    expect(await amplify.call("opened")).toEqual([api.realtimeUrl.replace("ws:", "wss:")]);
    await amplify.call("unsubscribe", { name: "room" });
    await amplify.call("subscribe", { name: "all", channel: "/default/*" });
    await amplify.call("post", { channel: "/default/other", event: { n: 6 } });
    expect((await amplify.waitFor(6)).at(-1)).toEqual({ name: "all", event: { n: 6 } });
    await api.stop();
  });

  it("is authorized by a Lambda function, for the connection, each subscription and each publish", async () => {
    const asked: (readonly [string, string | undefined])[] = [];
    const api = await startAppSyncEvents({
      namespaces,
      eventsAsArray: true,
      authorizer: async ({ authorizationToken, requestContext }) => {
        asked.push([requestContext.operation, requestContext.channel]);
        return { isAuthorized: authorizationToken === "alice" };
      },
    });
    await using amplify = await startAmplify({ endpoint: api.url, authMode: "lambda" });
    await tour(amplify, "alice");
    expect(asked.slice(0, 4)).toEqual([
      ["EVENT_CONNECT", undefined],
      ["EVENT_SUBSCRIBE", "/default/room/1"],
      ["EVENT_PUBLISH", "/default/room/1"],
      ["EVENT_PUBLISH", "/default/room/1"],
    ]);
    const mallory = { name: "mallory", channel: "/default/room/1", authToken: "mallory" };
    await expect(amplify.call("subscribe", mallory)).rejects.toThrow("UnauthorizedException");
    await api.stop();
  });

  it("signs with IAM what the emulator takes, over TLS", async () => {
    const certificate = await makeCertificate();
    const { cert, key } = certificate;
    const api = await startAppSyncEvents({
      namespaces,
      credentials: [CREDENTIALS],
      tls: { cert, key },
    });
    await using amplify = await startAmplify({
      endpoint: api.url,
      authMode: "iam",
      credentials: CREDENTIALS,
      caFile: certificate.file,
    });
    await tour(amplify);
    await api.stop();
    rmSync(certificate.folder, { recursive: true });
  });
});

/** A certificate for localhost that is thrown away. */
async function makeCertificate(): Promise<Record<"folder" | "file" | "cert" | "key", string>> {
  const { cert, private: key } = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    extensions: [
      { name: "basicConstraints", cA: true },
      { name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] },
    ],
  });
  const folder = mkdtempSync(join(tmpdir(), "certificate-"));
  const file = join(folder, "certificate.pem");
  writeFileSync(file, cert);
  return { folder, file, cert, key };
}
