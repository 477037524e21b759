/** One thing that IAM is asked for a request. */
export interface Need {
  readonly action: string;
  readonly resource: string;
  /** Values of `dynamodb:LeadingKeys`; absent where the request has none. */
  readonly leadingKeys?: readonly string[];
}

/** One statement of a {@link Policy}; what is not here our policies do not use. */
export interface Statement {
  readonly Sid?: string;
  readonly Effect: "Allow" | "Deny";
  readonly Action: readonly string[];
  readonly Resource: readonly string[];
  readonly Condition?: {
    readonly "ForAllValues:StringLike": { readonly "dynamodb:LeadingKeys": readonly string[] };
  };
}

/** An identity-based policy. */
export interface Policy {
  readonly Version: "2012-10-17";
  readonly Statement: readonly Statement[];
}

/**
 * Whether a policy allows it, as IAM decides: denied unless a statement allows it, and whenever one denies it.
 *
 * @see https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic_policy-eval-basics.html
 */
export function allows({ Statement: statements }: Policy, need: Need): boolean {
  const matching = statements.filter((statement) => matches(statement, need));
  return matching.length > 0 && matching.every(({ Effect }) => Effect === "Allow");
}

function matches({ Action, Resource, Condition }: Statement, need: Need): boolean {
  const { action, resource, leadingKeys = [] } = need;
  const patterns = Condition?.["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
  return (
    Action.some((pattern) => isLike(action.toLowerCase(), pattern.toLowerCase())) &&
    Resource.some((pattern) => isLike(resource, pattern)) &&
    // `ForAllValues` holds for a request without any value too.
    (patterns === undefined || leadingKeys.every((key) => patterns.some((one) => isLike(key, one))))
  );
}

/** `*` stands for any text, `?` for one character. */
function isLike(text: string, pattern: string): boolean {
  const source = pattern
    .replaceAll(/[\\^$.|+()[\]{}]/g, "\\$&")
    .replaceAll("*", ".*")
    .replaceAll("?", ".");
  return new RegExp(`^${source}$`, "s").test(text);
}

/** One permission of a policy, and the policy without it. */
export interface Part {
  readonly name: string;
  readonly without: Policy;
}

/** Every permission of a policy by itself: each action on each resource under each pattern of keys. */
export function partsOf({ Version, Statement: statements }: Policy): readonly Part[] {
  return statements.flatMap((statement, index) => {
    const others = statements.filter((_, other) => other !== index);
    const patterns = leadingKeysOf(statement) ?? [undefined];
    return statement.Action.flatMap((action) =>
      statement.Resource.flatMap((resource) =>
        patterns.map((pattern) => ({
          name: [action, resource, pattern].filter((one) => one !== undefined).join(" "),
          without: {
            Version,
            Statement: [...others, ...withoutPart(statement, { action, resource, pattern })],
          },
        })),
      ),
    );
  });
}

/** The patterns of a statement's keys. */
function leadingKeysOf({ Condition }: Statement): readonly string[] | undefined {
  return Condition?.["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
}

function withoutPart(
  statement: Statement,
  part: {
    readonly action: string;
    readonly resource: string;
    readonly pattern?: string | undefined;
  },
): readonly Statement[] {
  const { action, resource, pattern } = part;
  const keys = (leadingKeysOf(statement) ?? []).filter((one) => one !== pattern);
  const onlyThis = { ...statement, Action: [action] };
  return [
    { ...statement, Action: statement.Action.filter((one) => one !== action) },
    { ...onlyThis, Resource: statement.Resource.filter((one) => one !== resource) },
    // Without a pattern left the condition would hold for a request without keys.
    ...(keys.length === 0
      ? []
      : [
          {
            ...onlyThis,
            Resource: [resource],
            Condition: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": keys } },
          },
        ]),
  ];
}
