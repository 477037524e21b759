import { MAX_POLICY_CHARACTERS, MAX_POLICY_DOCUMENTS } from "../../protocol/iotCoreLimits.ts";
import type { IotPolicyDocument, IotPolicyStatement } from "./event.ts";
import type { IotSettings } from "./options.ts";

/** Makes the ARN of something of the broker. */
export type ArnOf = (kind: "client" | "topic" | "topicfilter", name: string) => string;

/**
 * What a client may do: be itself, hear what is below the prefix, and subscribe to what it was granted. It may not
 * publish at all.
 *
 * @param topics - of its grants; what a client of `"capability"` was told
 * @returns `undefined` when they are more than the policies of a connection hold
 */
export function policiesFor(
  { prefix, authorization }: IotSettings,
  arnOf: ArnOf,
  { clientId, topics }: { readonly clientId: string; readonly topics: readonly string[] },
): IotPolicyDocument[] | undefined {
  const statements: IotPolicyStatement[] = [
    { Effect: "Allow", Action: "iot:Connect", Resource: arnOf("client", clientId) },
    { Effect: "Allow", Action: "iot:Receive", Resource: arnOf("topic", `${prefix}/*`) },
  ];
  if (authorization === "exact") {
    const documents = [documentOf(statements), ...packed(topics, arnOf)];
    return documents.length > MAX_POLICY_DOCUMENTS ? undefined : documents;
  }
  return [
    documentOf([
      ...statements,
      { Effect: "Allow", Action: "iot:Subscribe", Resource: arnOf("topicfilter", `${prefix}/*`) },
      {
        // In a policy `+` and `#` are themselves: whoever could use them would hear everybody.
        Effect: "Deny",
        Action: "iot:Subscribe",
        Resource: ["*+*", "*#*", "$share/*"].map((filter) => arnOf("topicfilter", filter)),
      },
    ]),
  ];
}

/** As many topics in each document as it holds. */
function packed(topics: readonly string[], arnOf: ArnOf): IotPolicyDocument[] {
  const documents: string[][] = [];
  let room = 0;
  for (const arn of topics.map((topic) => arnOf("topicfilter", topic))) {
    // Two quotation marks and a comma.
    const size = arn.length + 3;
    if (size > room) {
      documents.push([]);
      room = MAX_POLICY_CHARACTERS - JSON.stringify(allowing([])).length;
    }
    documents.at(-1)?.push(arn);
    room -= size;
  }
  return documents.map(allowing);
}

function allowing(resources: string[]): IotPolicyDocument {
  return documentOf([{ Effect: "Allow", Action: "iot:Subscribe", Resource: resources }]);
}

/** A policy of some statements. */
export function documentOf(Statement: IotPolicyStatement[]): IotPolicyDocument {
  return { Version: "2012-10-17", Statement };
}
