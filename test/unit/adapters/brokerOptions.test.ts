import { initTRPC } from "@trpc/server";
import { BuilderError, initSubscriptions } from "trpc-aws-subscriptions";
import { appsync } from "trpc-aws-subscriptions/appsync-events";
import { iot } from "trpc-aws-subscriptions/iot-core";
import { memory } from "trpc-aws-subscriptions/testing";
import { describe, expect, it } from "vitest";

const secret = "x".repeat(32);
const prefix = ["app"] as const;
const namespace = "app";
const chain = initSubscriptions().router({ router: initTRPC.create().router({}) });
const engines = {
  iot: chain.engine(iot({ prefix, secret })),
  appsync: chain.engine(appsync({ namespace, secret })),
};

/** A step as code without types calls it. */
function call(place: `${keyof typeof engines}.${string}`, options: unknown): unknown {
  const [engine = "", step = ""] = place.split(".");
  return Reflect.apply(Reflect.get(Reflect.get(engines, engine), step), undefined, [options]);
}

describe("an engine of a broker", () => {
  it.each([
    [undefined, "expected an object of options. Known: prefix, secret, authorization,"],
    [null, "expected an object of options."],
    [{ prefix, secret, authorisation: "exact" }, 'unknown option "authorisation". Known: prefix,'],
    [{ prefix, secret, connectionTtlMs: 300_000 }, 'unknown option "connectionTtlMs".'],
    [
      { prefix, delivery: "direct", store: memory(), grantTtlMs: 300_000 },
      'unknown option "grantTtlMs". Known: prefix, delivery, store, connectionTtlMs.',
    ],
  ])("iot(%j) is refused at once", (options, message) => {
    expect(() => iot(options as never)).toThrow(BuilderError);
    expect(() => iot(options as never)).toThrow(`iot(): ${message}`);
  });

  it.each([
    [undefined, "expected an object of options. Known: namespace, secret, url, grantTtlMs, store."],
    [null, "expected an object of options."],
    [{ namespace, secret, ttlMs: 1 }, 'unknown option "ttlMs". Known: namespace, secret, url,'],
  ])("appsync(%j) is refused at once", (options, message) => {
    expect(() => appsync(options as never)).toThrow(BuilderError);
    expect(() => appsync(options as never)).toThrow(`appsync(): ${message}`);
  });
});

describe("a step of a broker's engine", () => {
  it.each([
    ["iot.authorizer", { authorize: () => ({}) }, 'unknown option "authorize". Known: onRefused.'],
    ["iot.authorizer", { onRefused: true }, "onRefused is true, not a function."],
    ["iot.publisher", { qoS: 0 }, 'unknown option "qoS". Known: client, endpoint, qos,'],
    ["iot.publisher", { onError: "log" }, 'onError is "log", not a function.'],
    ["appsync.authorizer", { onrefused: () => undefined }, 'unknown option "onrefused".'],
    ["appsync.authorizer", null, "expected an object of options. Known: onRefused."],
    ["appsync.publisher", { url: "https://…", key: "da2" }, 'unknown option "key". Known: url,'],
    ["appsync.publisher", { url: "https://…", onError: 5 }, "onError is 5, not a function."],
  ] as const)("%s(%j) is refused at once", (step, options, message) => {
    const make = () => call(step, options);
    expect(make).toThrow(BuilderError);
    expect(make).toThrow(`${step.split(".")[1]}(): ${message}`);
  });

  it("takes options that are undefined, and none", () => {
    expect(call("iot.authorizer", undefined)).toBeTypeOf("function");
    expect(call("appsync.authorizer", { onRefused: undefined })).toBeTypeOf("function");
    expect(call("iot.publisher", { client: undefined, qos: undefined })).toHaveProperty("routes");
  });

  it("checks itself what is no object of options", () => {
    const handle = () => undefined;
    expect(call("iot.disconnected", handle)).toBeTypeOf("function");
    expect(call("appsync.onPublish", {})).toBeTypeOf("function");
  });
});
