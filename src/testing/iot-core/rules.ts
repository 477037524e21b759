import { SubscriptionsError } from "../../errors.ts";
import type { TaskSet } from "../../gateway/taskSet.ts";
import type { IotCoreSettings, LocalTopicRule } from "./options.ts";
import { isCovered } from "./topics.ts";

const SQL = /^\s*SELECT\s+\*((?:\s*,\s*\w+\(\)\s+AS\s+\w+)*)\s+FROM\s+'([^']+)'\s*$/i;
const COLUMN = /(\w+)\(\)\s+AS\s+(\w+)/gi;

interface Rule {
  readonly topicFilter: string;
  readonly rule: LocalTopicRule;
  /** Name of what is added, and which function gives it. */
  readonly columns: readonly (readonly [name: string, of: "timestamp" | "topic"])[];
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

  apply(topic: string, payload: Buffer): void {
    for (const { rule, topicFilter, columns } of this.#rules) {
      if (!isCovered(topicFilter, topic)) continue;
      const values = { topic, timestamp: Date.now() };
      const added = columns.map(([name, of]) => [name, values[of]]);
      this.#invocations.run(async () => {
        try {
          const event = { ...JSON.parse(payload.toString()), ...Object.fromEntries(added) };
          await rule.handler(event as never);
        } catch (error) {
          this.#onEvent({ type: "ruleFailed", sql: rule.sql, error });
        }
      });
    }
  }
}

function parsed(rule: LocalTopicRule): Rule {
  const [, added = "", topicFilter] = SQL.exec(rule.sql) ?? [];
  const columns = [...added.matchAll(COLUMN)].map(
    ([, name = "", as = ""]) => [as, name.toLowerCase()] as const,
  );
  const isKnown = columns.every(([, name]) => name === "topic" || name === "timestamp");
  if (topicFilter === undefined || !isKnown) {
    throw new SubscriptionsError("LOCAL", `the emulator cannot run the rule ${rule.sql}`);
  }
  return { topicFilter, rule, columns: columns as Rule["columns"] };
}
