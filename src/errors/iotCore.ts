import { SubscriptionsError } from "../errors.ts";

/**
 * The Lambda of a topic rule was called with something else than its rule gives it: the SQL of the rule is another one, or
 * somebody else publishes to the topic.
 *
 * @category Errors
 */
export class RuleEventError extends SubscriptionsError {
  override readonly name = "RuleEventError";

  /** @param problem - continues the sentence "the event of the topic rule … " */
  constructor(problem: string) {
    super("RULE_EVENT", `the event of the topic rule ${problem}`);
  }
}
