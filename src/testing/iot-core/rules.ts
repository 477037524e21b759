import { randomUUID } from "node:crypto";
import { SubscriptionsError } from "../../errors.ts";
import type { TaskSet } from "../../gateway/taskSet.ts";
import type { IotCoreSettings, LocalTopicRule } from "./options.ts";
import { isCovered } from "./topics.ts";

const SQL = /^\s*SELECT\s+(.+?)\s+FROM\s+'([^']+)'\s*$/is;
const COLUMN = /^(?:(\w+)\(\)|encode\(\*,\s*'base64'\))\s+AS\s+(\w+)$/i;
/** A comma that is not inside of a call. */
const BETWEEN_COLUMNS = /\s*,\s*(?![^(]*\))/;

/** What a rule can say of a message. */
interface Message {
  readonly topic: string;
  readonly payload: Buffer;
  /** Absent for one that no client published. */
  readonly clientId: string | undefined;
}

/** https://docs.aws.amazon.com/iot/latest/developerguide/iot-sql-functions.html */
const FUNCTIONS: Readonly<Record<string, (message: Message) => unknown>> = {
  clientid: ({ clientId }) => clientId ?? "n/a",
  newuuid: () => randomUUID(),
  timestamp: () => Date.now(),
  topic: ({ topic }) => topic,
};
const encoded = ({ payload }: Message): string => payload.toString("base64");

interface Rule {
  readonly topicFilter: string;
  readonly rule: LocalTopicRule;
  /** The event begins with the fields of the payload. */
  readonly hasPayload: boolean;
  /** Name of what is added, and what gives it. */
  readonly columns: readonly (readonly [name: string, of: (message: Message) => unknown])[];
}

/** Topic rules, which invoke Lambdas asynchronously. */
export class Rules {
  readonly #rules: readonly Rule[];
  readonly #onEvent: IotCoreSettings["onEvent"];
  readonly #invocations: TaskSet;

  /** @throws {@link SubscriptionsError} `LOCAL` for SQL that is not emulated */
  constructor({ rules, onEvent }: IotCoreSettings, invocations: TaskSet) {
    this.#rules = rules.map(parsed);
    this.#onEvent = onEvent;
    this.#invocations = invocations;
  }

  apply(message: Message): void {
    for (const { rule, topicFilter, hasPayload, columns } of this.#rules) {
      if (!isCovered(topicFilter, message.topic)) continue;
      const added = columns.map(([name, of]) => [name, of(message)]);
      this.#invocations.run(async () => {
        try {
          const own = hasPayload ? JSON.parse(message.payload.toString()) : {};
          await rule.handler({ ...own, ...Object.fromEntries(added) } as never);
        } catch (error) {
          this.#onEvent({ type: "ruleFailed", sql: rule.sql, error });
        }
      });
    }
  }
}

function parsed(rule: LocalTopicRule): Rule {
  const [, selected = "", topicFilter] = SQL.exec(rule.sql) ?? [];
  const columns = selected.split(BETWEEN_COLUMNS);
  const hasPayload = columns[0] === "*";
  const known = columns.slice(hasPayload ? 1 : 0).map((column) => {
    const [, name, as = ""] = COLUMN.exec(column) ?? [];
    const of = name === undefined ? encoded : FUNCTIONS[name.toLowerCase()];
    return as === "" || of === undefined ? undefined : ([as, of] as const);
  });
  if (topicFilter === undefined || known.includes(undefined)) {
    throw new SubscriptionsError("LOCAL", `the emulator cannot run the rule ${rule.sql}`);
  }
  return { topicFilter, rule, hasPayload, columns: known as Rule["columns"] };
}
