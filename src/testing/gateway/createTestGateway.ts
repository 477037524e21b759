import type { AnyTRPCRouter } from "@trpc/server";
import { baseOf } from "../../subscriptions/rebase.ts";
import {
  type AnyTestGatewayOptions,
  checkOptions,
  type TestableChain,
  type TestGatewayOptions,
  type TypesOf,
} from "./options.ts";
import { type AnyConnectOptions, RunningGateway, TEST_URL } from "./runningGateway.ts";
import type { TestGateway } from "./testGateway.ts";

type AnyTestGateway = TestGateway<AnyTRPCRouter, never, unknown>;

/**
 * Runs a chain without AWS and without sockets: its router and filters on a store in memory, its handlers behind an API
 * Gateway that is calls in this process. Clients are stock; deliveries can be awaited.
 *
 * ```ts
 * const gateway = createTestGateway(appSubscriptions, { connect, disconnect, handler });
 * const alice = await gateway.connect({ query: { token: "alice-token" } });
 * const pings = await gateway.listen(alice.client.onPing, { room: "red" });
 * await gateway.publisher.routes.onPing.publish({ data: "hi" });
 * await pings.next(); // "hi"
 * await gateway.close();
 * ```
 *
 * @param chain - with its store, which is not used, or before it
 * @throws {@link BuilderError} for anything but a chain
 * @throws {@link TestGatewayError} for an option that does not exist, or a handler that this chain did not make
 *
 * @category Testing
 */
export function createTestGateway<TChain extends TestableChain>(
  chain: TChain,
  options: TestGatewayOptions<TypesOf<TChain>["router"], TypesOf<TChain>["session"]> = {},
): TestGateway<TypesOf<TChain>["router"], TypesOf<TChain>["filters"], TypesOf<TChain>["session"]> {
  const base = baseOf(chain);
  const given = options as AnyTestGatewayOptions;
  checkOptions(given);
  const running = new RunningGateway(base, given);
  const { publisher, store, errors } = running;
  const gateway: AnyTestGateway = {
    url: TEST_URL,
    WebSocket: running.webSocket({}),
    publisher,
    store,
    errors,
    connectionIds: () => running.connectionIds(),
    connect: (connectOptions: AnyConnectOptions = {}) => running.connect(connectOptions) as never,
    listen: (procedure, ...[input]) => running.listen(procedure, input) as never,
    settled: (settledOptions) => running.settled(settledOptions),
    close: (closeOptions) => running.close(closeOptions),
  };
  return gateway as never;
}
