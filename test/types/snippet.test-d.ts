import type {
  PublishReport,
  WebSocketConnectEvent,
  WebSocketDisconnectEvent,
  WebSocketHandler,
  WebSocketMessageEvent,
} from "trpc-aws-subscriptions";
import { expectTypeOf, it } from "vitest";
import type * as snippet from "../e2e/readmeChain.ts";

it("ends in handlers and a publisher", () => {
  type Snippet = typeof snippet;
  expectTypeOf<Snippet["connect"]>().toEqualTypeOf<WebSocketHandler<WebSocketConnectEvent>>();
  expectTypeOf<Snippet["handler"]>().toEqualTypeOf<WebSocketHandler<WebSocketMessageEvent>>();
  expectTypeOf<Snippet["disconnect"]>().toEqualTypeOf<WebSocketHandler<WebSocketDisconnectEvent>>();
  type Publish = Snippet["publisher"]["routes"]["mySubscription"]["publish"];
  expectTypeOf<Publish>().returns.resolves.toEqualTypeOf<PublishReport>();
  expectTypeOf<Publish>().parameter(0).toEqualTypeOf<{
    readonly data: string;
    readonly filter?: Filter | readonly Filter[];
    readonly signal?: AbortSignal;
    readonly deadlineMs?: number;
  }>();
  interface Filter {
    readonly name: "userIdAndName";
    readonly ctx: { readonly userId: string };
    readonly input?: { readonly name: string };
  }
});
