import { expect, it, onTestFinished } from "vitest";
import { until } from "../broadcast/world.ts";
import { type AppRouter, authorize, chainOf, createContext } from "../direct/app.ts";
import { serveDirect } from "../direct/stack.ts";
import { record, stockClient } from "../e2e/client.ts";
import { limitMs } from "../reliability/size.ts";
import { createTestTable } from "../testTable.ts";
import { ACCOUNT, accountOf } from "./account.ts";
import { iotNeeds } from "./brokerNeeds.ts";
import type { Policy } from "./iam.ts";
import { Role, unusedOf } from "./role.ts";

const DIRECT = "Direct delivery on IoT Core";

/** An account where each function of direct delivery has what SECURITY.md gives it. */
async function startDirectCloud() {
  const table = await createTestTable();
  onTestFinished(() => table.stop());
  const account = accountOf(table, { API: "none", STAGE: "none", CLIENT_PREFIX: "myapp-dev" });
  const { role, storeAs } = account;
  /** A policy of API Gateway's, with statements of IoT Core for those that post. */
  const posting = (heading: string, statements: Policy["Statement"]): Role => {
    const { policy } = role(heading);
    const others = policy.Statement.filter(
      ({ Action }) => !Action.includes("execute-api:ManageConnections"),
    );
    return new Role({ ...policy, Statement: [...others, ...statements] });
  };
  const direct = role(DIRECT).policy.Statement;
  const roles = {
    authorizer: role("$connect"),
    handler: posting("$default, or all three in one function", direct.slice(0, 1)),
    disconnect: role("$disconnect"),
    publisher: posting("Publisher", direct),
  };
  const stepsOf = (step: keyof typeof roles) => chainOf(storeAs(roles[step]));
  const { authorizer, rules } = stepsOf("authorizer");
  const { handler } = stepsOf("handler");
  const { disconnect } = stepsOf("disconnect");
  const { publisher } = stepsOf("publisher");
  const chain = { authorizer, rules, handler, disconnect, publisher };
  const stack = await serveDirect(chain, {
    connect: { authorize } as never,
    handler: { createContext } as never,
    assume: (step, sdk) => void roles[step].assume(sdk, (request) => iotNeeds(ACCOUNT, request)),
  });
  return { ...stack, roles };
}

it(
  "S19: with direct delivery on IoT Core each function does what it does with its policy, and those that post need all of IoT Core's",
  async () => {
    const { roles, publisher, ...stack } = await startDirectCloud();
    const { client, close } = stockClient<AppRouter>({
      url: `${stack.url}?user=ann`,
      WebSocket: stack.socketClass(),
      retryDelayMs: () => 10,
    });
    const heard = record<string>((on) => client.onSeen.subscribe({ room: "red" }, on));
    await heard.started;
    const room = { name: "room", input: { room: "red" } } as const;
    await publisher.routes.onSeen.publish({ data: "1", filter: room });
    expect(await heard.received(1)).toEqual(["1 for ann"]);
    const kept = record<{ readonly data: number }>((on) =>
      client.onKept.subscribe({ room: "red" }, on),
    );
    await kept.started;
    await publisher.routes.onKept.publish({ data: 1, filter: room, key: "first" });
    await kept.received(1);
    const [id = ""] = stack.broker.clientIds();
    const frames = stack.frames.length;
    await publisher.disconnect(id);
    // It comes back, and sends what it has in one frame.
    await until(() => stack.frames.length > frames);
    await stack.broker.settled();
    await publisher.routes.onSeen.complete();
    await heard.completed;
    await close();
    await until(() => stack.broker.clientIds().length === 0);
    await stack.broker.settled();
    for (const role of Object.values(roles)) expect(role.denied).toEqual([]);
    for (const role of [roles.handler, roles.publisher]) {
      expect(unusedOf(role).filter((name) => name.includes("iot:"))).toEqual([]);
      expect(role.needs.some(({ action }) => action === "iot:SendDirectMessage")).toBe(true);
    }
    expect(unusedOf(roles.authorizer)).toEqual([]);
    expect(stack.errors).toEqual([]);
  },
  limitMs(60_000),
);
