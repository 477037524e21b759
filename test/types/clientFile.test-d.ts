import { createWSClient } from "@trpc/client";
import {
  apiGatewayPreset,
  type GlobalWebSocket,
  preset,
  resilientWebSocket,
} from "trpc-aws-subscriptions/client";
import { describe, expectTypeOf, it } from "vitest";
import { WebSocket as WsWebSocket } from "ws";

describe("the client file", () => {
  it("is options of createWSClient, alone and with the rest", () => {
    createWSClient({ url: "", ...preset() });
    createWSClient({ url: "", ...apiGatewayPreset(), WebSocket: resilientWebSocket() });
  });

  it("makes a class of the platform's type, whatever it is made of", () => {
    expectTypeOf(resilientWebSocket()).toEqualTypeOf<GlobalWebSocket>();
    expectTypeOf(resilientWebSocket()).toEqualTypeOf<typeof WebSocket>();
    expectTypeOf(preset({ WebSocket: WsWebSocket }).WebSocket).toEqualTypeOf<typeof WebSocket>();
    expectTypeOf(preset({ WebSocket }).WebSocket).toEqualTypeOf<typeof WebSocket>();
  });

  it("refuses what is none of its options", () => {
    // @ts-expect-error misspelt
    preset({ startedTimeout: 1 });
    // @ts-expect-error not a number
    resilientWebSocket({ paramsAckTimeoutMs: "5 s" });
    // @ts-expect-error no WebSocket
    resilientWebSocket({ WebSocket: class {} });
    // @ts-expect-error an instance
    resilientWebSocket({ WebSocket: new WsWebSocket("") });
  });
});
