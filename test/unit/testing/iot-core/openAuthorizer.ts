import type {
  IotAuthorizerEvent,
  IotAuthorizerResult,
  IotPolicyStatement,
} from "../../../../src/adapters/iot-core/event.ts";

const ARN = "arn:aws:iot:us-east-1:123456789012";

/** ARNs of the emulator, as policies name them. */
export const arn = (kind: "client" | "topic" | "topicfilter", name: string): string =>
  `${ARN}:${kind}/${name}`;

/** An authorizer's answer with these statements. */
export function answerOf(
  statements: IotPolicyStatement[],
  more: Partial<IotAuthorizerResult> = {},
): IotAuthorizerResult {
  return {
    isAuthenticated: true,
    principalId: "someone",
    disconnectAfterInSeconds: 86_400,
    refreshAfterInSeconds: 86_400,
    policyDocuments: [{ Version: "2012-10-17", Statement: statements }],
    ...more,
  };
}

/** Lets everybody do everything below `open/`, and anybody connect whose password is "good". */
export async function openAuthorizer(event: IotAuthorizerEvent): Promise<IotAuthorizerResult> {
  const password = Buffer.from(event.protocolData.mqtt?.password ?? "", "base64").toString();
  return answerOf(
    [
      { Effect: "Allow", Action: "iot:Connect", Resource: arn("client", "*") },
      {
        Effect: "Allow",
        Action: ["iot:Publish", "iot:Receive"],
        Resource: [arn("topic", "open/*"), arn("topic", "$aws/events/*")],
      },
      {
        Effect: "Allow",
        Action: "iot:Subscribe",
        Resource: [arn("topicfilter", "open/*"), arn("topicfilter", "$aws/events/*")],
      },
      {
        Effect: "Deny",
        Action: ["iot:Publish", "iot:Receive"],
        Resource: arn("topic", "open/denied"),
      },
    ],
    { isAuthenticated: password === "good" },
  );
}
