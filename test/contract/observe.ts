import type { ApiGatewayManagementApiClient } from "@aws-sdk/client-apigatewaymanagementapi";
import type { DynamoDBClient } from "@aws-sdk/client-dynamodb";

type Fields = Readonly<Record<string, unknown>>;

/** One call that a client was asked to make. */
export interface Call {
  /** As the SDK names it, for example `TransactWriteItemsCommand`. */
  readonly command: string;
  readonly input: Fields;
  /** Capacity units it took; 0 when it failed. */
  units: number;
}

/** Something that goes wrong with a call. */
export interface Fault {
  /** Asked of DynamoDB in place of what the store asks. */
  readonly input?: Fields;
  /** Happens before the call. */
  before?(): Promise<void>;
  /** The call is not made, and fails with this. */
  readonly refuse?: Error;
  /** The call is not made, and this is the answer. */
  readonly answer?: Fields;
  /** The call is made, and fails with this all the same. */
  readonly loseAnswer?: Error;
  /** The answer that the store gets in place of DynamoDB's. */
  edit?(output: Fields): Fields;
  /** What becomes of the request below the SDK's own tries; for whoever asks {@link onWireOf}. */
  readonly onWire?: OnWire;
}

/** Stands between the SDK and the network; `signal` is the caller's. */
export type OnWire = <T>(send: () => Promise<T>, signal: AbortSignal | undefined) => Promise<T>;

const onWire = new WeakMap<object, OnWire>();

/** What a plan wants of a call's request. `context` is the one that each middleware of a call is given. */
export function onWireOf(context: object): OnWire | undefined {
  return onWire.get(context);
}

/** Decides about a call; `index` counts all of the client's calls from 0. */
export type Plan = (call: Call, index: number) => Fault | undefined;

/** Records every call of a client from now on, and lets a plan interfere with it. */
export function observe(
  client: DynamoDBClient | ApiGatewayManagementApiClient,
  plan: Plan = () => undefined,
): readonly Call[] {
  const calls: Call[] = [];
  const { middlewareStack } = client as DynamoDBClient;
  middlewareStack.add(
    (next, context) => async (args) => {
      const call: Call = {
        command: String(context.commandName),
        input: { ...args.input },
        units: 0,
      };
      calls.push(call);
      const fault = plan(call, calls.length - 1) ?? {};
      await fault.before?.();
      if (fault.refuse !== undefined) throw fault.refuse;
      if (fault.answer !== undefined) {
        return { response: {}, output: { $metadata: {}, ...fault.answer } };
      }
      if (fault.onWire !== undefined) onWire.set(context, fault.onWire);
      const counted = context.clientName === "DynamoDBClient" && {
        ReturnConsumedCapacity: "TOTAL",
      };
      const input = { ...args.input, ...fault.input, ...counted };
      const result = await next({ ...args, input });
      const output: Fields = { ...result.output };
      call.units = [output["ConsumedCapacity"]].flat().reduce<number>(addUnits, 0);
      if (fault.loseAnswer !== undefined) throw fault.loseAnswer;
      return fault.edit === undefined
        ? result
        : { ...result, output: { ...result.output, ...fault.edit(output) } };
    },
    { step: "initialize", priority: "high", name: "observe" },
  );
  return calls;
}

function addUnits(sum: number, consumed: unknown): number {
  const isConsumed = typeof consumed === "object" && consumed !== null;
  return isConsumed && "CapacityUnits" in consumed ? sum + Number(consumed.CapacityUnits) : sum;
}

/** The commands of the calls, in order. */
export function commands(calls: readonly Call[]): readonly string[] {
  return calls.map(({ command }) => command);
}

/** Units of the calls that write. */
export function writeUnits(calls: readonly Call[]): number {
  const reads = new Set(["GetItemCommand", "BatchGetItemCommand", "QueryCommand"]);
  return calls
    .filter(({ command }) => !reads.has(command))
    .reduce((sum, { units }) => sum + units, 0);
}
