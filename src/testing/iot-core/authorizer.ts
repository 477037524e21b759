import { randomUUID } from "node:crypto";
import type { IncomingMessage } from "node:http";
import type {
  IotAuthorizer,
  IotAuthorizerEvent,
  IotAuthorizerResult,
} from "../../adapters/iot-core/event.ts";
import type { ConnectPacket } from "./mqttPackets.ts";

/** Region and account of every ARN here. */
const REGION = "us-east-1";
const ACCOUNT = "123456789012";
const CONTEXT = {
  invokedFunctionArn: `arn:aws:lambda:${REGION}:${ACCOUNT}:function:authorizer`,
};

/** https://docs.aws.amazon.com/iot/latest/developerguide/custom-auth-lambda.html */
const MAX_DOCUMENTS = 10;
const MAX_DOCUMENT_CHARACTERS = 2_048;
const SECONDS = { least: 300, most: 86_400 };
const NAME = "x-amz-customauthorizer-name";

/** What an authorizer said, checked. */
export type Authorization = IotAuthorizerResult;

/** The ARN of something of the broker, as policies name it. */
export function arnOf(kind: "client" | "topic" | "topicfilter", name: string): string {
  return `arn:aws:iot:${REGION}:${ACCOUNT}:${kind}/${name}`;
}

/** Name of the authorizer that a client chose, in its URL or behind its user name. */
export function authorizerName(
  request: IncomingMessage,
  { username }: ConnectPacket,
): string | null {
  const query = /\?(.*)$/s.exec(username ?? "")?.[1];
  return queryOf(request).get(NAME) ?? new URLSearchParams(query).get(NAME);
}

/** What AWS calls an authorizer with, for a client that connects through a WebSocket. */
export function authorizerEvent(
  request: IncomingMessage,
  packet: ConnectPacket,
): IotAuthorizerEvent {
  const { username, password, clientId } = packet;
  const query = queryOf(request).toString();
  const headers = Object.entries(request.headers).map(([name, value]) => [name, String(value)]);
  return {
    protocols: ["tls", "http", "mqtt"],
    protocolData: {
      tls: { serverName: "localhost" },
      http: {
        headers: Object.fromEntries(headers),
        queryString: query === "" ? "" : `?${query}`,
      },
      mqtt: {
        ...(username === undefined ? {} : { username }),
        ...(password === undefined ? {} : { password: password.toString("base64") }),
        ...(clientId === "" ? {} : { clientId }),
      },
    },
    signatureVerified: false,
    connectionMetadata: { id: randomUUID() },
  };
}

/** Asks an authorizer. Never rejects: what it throws, and what AWS would not take, is a refusal with its reason. */
export async function authorize(
  authorizer: IotAuthorizer,
  event: IotAuthorizerEvent,
): Promise<Authorization | { readonly refusal: string }> {
  try {
    const result = await authorizer(structuredClone(event), CONTEXT);
    const problem = problemOf(result);
    return problem === undefined ? result : { refusal: problem };
  } catch (error) {
    return { refusal: `the authorizer threw ${error}` };
  }
}

/** An authorizer in JavaScript may leave out what it likes. */
function problemOf(result: Partial<IotAuthorizerResult>): string | undefined {
  const { principalId = "", policyDocuments = [] } = result;
  if (result.isAuthenticated !== true) return "the authorizer said no";
  if (!/^[a-zA-Z0-9]{1,128}$/.test(principalId)) {
    return `principalId "${principalId}" is not 1 to 128 of A-Z a-z 0-9`;
  }
  if (policyDocuments.length > MAX_DOCUMENTS) return `${policyDocuments.length} policy documents`;
  for (const name of ["disconnectAfterInSeconds", "refreshAfterInSeconds"] as const) {
    const seconds = result[name];
    if (!(Number.isInteger(seconds) && isWithin(seconds))) return `${name} is ${seconds}`;
  }
  return policyDocuments.map(documentProblem).find((problem) => problem !== undefined);
}

function isWithin(seconds = 0): boolean {
  return seconds >= SECONDS.least && seconds <= SECONDS.most;
}

function documentProblem(document: object): string | undefined {
  const text = JSON.stringify(document).replaceAll(/\s/g, "");
  // Guessed wrongly, either of them would let in whom AWS does not.
  if (/\$\{|"Condition"|"Not(Action|Resource)"/.test(text)) {
    return "policy variables, Condition, NotAction and NotResource are not emulated";
  }
  return text.length > MAX_DOCUMENT_CHARACTERS
    ? `a policy document has ${text.length} characters, at most ${MAX_DOCUMENT_CHARACTERS} are allowed`
    : undefined;
}

function queryOf(request: IncomingMessage): URLSearchParams {
  return new URL(request.url ?? "/", "http://localhost").searchParams;
}
