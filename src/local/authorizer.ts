import type { LambdaContext, WebSocketConnectEvent } from "../adapters/api-gateway/event.ts";
import { lambdaContext } from "../gateway/invoke.ts";
import type { Refusal } from "../gateway/settings.ts";
import { within } from "../gateway/timer.ts";
import type { GatewaySettings } from "./options.ts";

/** What a REQUEST authorizer gets: the `$connect` event with the ARN that its policy has to name. */
export interface AuthorizerEvent extends WebSocketConnectEvent {
  readonly type: "REQUEST";
  /** For example `arn:aws:execute-api:eu-west-1:123456789012:abc/prod/$connect`. */
  readonly methodArn: string;
}

/** One statement of the policy an authorizer returns. */
export interface AuthorizerStatement {
  /** `execute-api:Invoke`; `*` stands for any text. */
  readonly Action: string | readonly string[];
  readonly Effect: "Allow" | "Deny";
  /** Method ARNs; `*` stands for any text, `?` for one character. */
  readonly Resource: string | readonly string[];
}

/** What an authorizer returns. */
export interface AuthorizerResult {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Version?: string;
    readonly Statement: readonly AuthorizerStatement[];
  };
  /** Arrives as strings in `requestContext.authorizer` of every event of the connection. */
  readonly context?: Readonly<Record<string, string | number | boolean>> | null;
}

/** A REQUEST authorizer of `$connect`: throws `Error("Unauthorized")` for 401; its policy decides between 101 and 403. */
export type GatewayAuthorizer = (
  event: AuthorizerEvent,
  context: Required<LambdaContext>,
) => Promise<AuthorizerResult>;

/** The account API Gateway emulators use. */
const ACCOUNT_ID = "000000000000";
const UNAUTHORIZED: Refusal = { statusCode: 401, reason: "Unauthorized" };
const FORBIDDEN: Refusal = {
  statusCode: 403,
  reason: "User is not authorized to access this resource",
};

/** Asks the authorizer. Gives what goes into `requestContext.authorizer`, or why the handshake is refused. */
export async function authorize(
  authorizer: GatewayAuthorizer,
  event: WebSocketConnectEvent,
  settings: GatewaySettings,
): Promise<{ readonly authorizer: Record<string, unknown> } | { readonly refusal: Refusal }> {
  const { region, apiId, stage, integrationTimeoutMs, lambdaTimeoutMs } = settings;
  const methodArn = `arn:aws:execute-api:${region}:${ACCOUNT_ID}:${apiId}/${stage}/$connect`;
  const request: AuthorizerEvent = { type: "REQUEST", methodArn, ...structuredClone(event) };
  const startedAt = performance.now();
  try {
    const answer = authorizer(request, lambdaContext(lambdaTimeoutMs));
    const result = await within(answer, integrationTimeoutMs, undefined);
    if (result === undefined) return { refusal: broken("the authorizer returned nothing in time") };
    if (!allows(result, methodArn)) return { refusal: FORBIDDEN };
    return {
      authorizer: {
        ...stringified(result.context ?? {}),
        principalId: result.principalId,
        integrationLatency: Math.round(performance.now() - startedAt),
      },
    };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    return { refusal: message === "Unauthorized" ? UNAUTHORIZED : broken(message) };
  }
}

/** API Gateway's status for an authorizer that fails or returns what it cannot read. */
function broken(reason: string): Refusal {
  return { statusCode: 500, reason };
}

function allows(result: AuthorizerResult, methodArn: string): boolean {
  const matching = result.policyDocument.Statement.filter(
    (statement) =>
      matchesAny(statement.Action, "execute-api:Invoke") &&
      matchesAny(statement.Resource, methodArn),
  );
  return (
    matching.some(({ Effect }) => Effect === "Allow") &&
    !matching.some(({ Effect }) => Effect === "Deny")
  );
}

function matchesAny(patterns: string | readonly string[], text: string): boolean {
  return [patterns].flat().some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, "\\$&")
      .replaceAll("*", ".*")
      .replaceAll("?", ".");
    return new RegExp(`^${source}$`).test(text);
  });
}

function stringified(context: Readonly<Record<string, unknown>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(context).map(([name, value]) => {
      if (typeof value === "object" || value === undefined) {
        throw new TypeError(`context.${name} must be a string, a number or a boolean`);
      }
      return [name, String(value)];
    }),
  );
}
