import { createHash } from "node:crypto";
import { TRPCError } from "@trpc/server";
import { clientIdOf, messageTopic, requestTopic, SECRET } from "../../../protocol/iotDirect.ts";
import type { App } from "../../../subscriptions/app.ts";
import {
  type ConnectOptions,
  createConnectHandler,
  refuseConnection,
} from "../../api-gateway/connect.ts";
import { reportersOf } from "../../api-gateway/reportError.ts";
import { arnsOf, REFUSED } from "../authorizer.ts";
import type {
  IotAuthorizer,
  IotAuthorizerEvent,
  IotAuthorizerResult,
  IotPolicyDocument,
} from "../event.ts";
import { type ArnOf, documentOf } from "../policies.ts";
import { connectEventOf } from "./events.ts";
import type { IotDirectSettings } from "./options.ts";

/** Makes the Lambda of the custom authorizer, which is `$connect` too: it stores the connection of whom it lets in. */
export function createDirectAuthorizer<TSession>(
  app: App,
  settings: IotDirectSettings,
  options: ConnectOptions<TSession>,
): IotAuthorizer {
  const { levels, connectionTtlMs } = settings;
  const connect = createConnectHandler(app, options, connectionTtlMs);
  const seconds = Math.ceil(connectionTtlMs / 1000);
  return async (event, context): Promise<IotAuthorizerResult> => {
    const connectEvent = connectEventOf(settings, event);
    const secret = secretOf(event);
    const clientId = secret && clientIdOf(levels, sha256(secret));
    if (clientId === undefined || event.protocolData.mqtt?.clientId !== clientId) {
      const reporting = { step: "connect", onError: options.onError } as const;
      refuseConnection(reportersOf(app, reporting, connectEvent), connectEvent, notItself());
      return REFUSED;
    }
    const { statusCode } = await connect(connectEvent, context);
    if (statusCode !== 200) return REFUSED;
    return {
      isAuthenticated: true,
      principalId: clientId.replaceAll(/[^A-Za-z0-9]/g, ""),
      disconnectAfterInSeconds: seconds,
      refreshAfterInSeconds: seconds,
      policyDocuments: [policyOf(settings, arnsOf(context.invokedFunctionArn), clientId)],
    };
  };
}

/** To be itself, to send its frames and to be sent to. It may subscribe to nothing. */
function policyOf(
  { levels }: IotDirectSettings,
  arnOf: ArnOf,
  clientId: string,
): IotPolicyDocument {
  return documentOf([
    { Effect: "Allow", Action: "iot:Connect", Resource: arnOf("client", clientId) },
    {
      Effect: "Allow",
      Action: "iot:Publish",
      Resource: arnOf("topic", requestTopic(levels, clientId)),
    },
    { Effect: "Allow", Action: "iot:Receive", Resource: arnOf("topic", messageTopic(levels)) },
  ]);
}

function secretOf({ protocolData }: IotAuthorizerEvent): string | undefined {
  const text = Buffer.from(protocolData.mqtt?.password ?? "", "base64").toString();
  return SECRET.test(text) ? text : undefined;
}

function sha256(text: string): Uint8Array {
  return createHash("sha256").update(text).digest();
}

/** Whoever comes with another's id would throw that one out, and hear what is for it. */
function notItself(): TRPCError {
  return new TRPCError({
    code: "UNAUTHORIZED",
    message: "The client id is not the one of the secret in the password",
  });
}
