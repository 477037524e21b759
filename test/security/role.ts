import { Readable } from "node:stream";
import { allows, type Need, type Policy, partsOf } from "./iam.ts";
import type { SdkRequest } from "./needs.ts";

/** As much of an SDK client as is taken over. */
interface Client {
  readonly config: {
    readonly requestHandler: {
      handle(request: never, options?: never): Promise<unknown>;
    };
  };
}

/** A role with one policy: every request of its clients is held against it, and refused as AWS refuses it. */
export class Role {
  readonly policy: Policy;
  /** What its requests needed, allowed or not. */
  readonly needs: Need[] = [];
  readonly denied: Need[] = [];

  constructor(policy: Policy) {
    this.policy = policy;
  }

  /**
   * Lets a client act in this role. In front of its request handler, behind all else: what is seen here is what would
   * leave the process, by whatever way the client was used.
   */
  assume<TClient extends Client>(
    client: TClient,
    needsOf: (request: SdkRequest) => readonly Need[],
  ): TClient {
    const { requestHandler } = client.config;
    const send = requestHandler.handle.bind(requestHandler) as (
      request: SdkRequest,
      options: unknown,
    ) => Promise<unknown>;
    const handle = (request: SdkRequest, options: unknown): Promise<unknown> => {
      const [denied] = this.ask(needsOf(request));
      if (denied === undefined) return send(request, options);
      return Promise.resolve({ response: accessDenied(denied) });
    };
    Object.assign(requestHandler, { handle });
    return client;
  }

  /** What of a request's needs is denied; the request may go on with none. */
  ask(needs: readonly Need[]): readonly Need[] {
    const denied = needs.filter((need) => !allows(this.policy, need));
    this.needs.push(...needs);
    this.denied.push(...denied);
    return denied;
  }
}

function accessDenied({ action, resource, leadingKeys }: Need): object {
  const name = "AccessDeniedException";
  const message = `not authorized to perform ${action} on ${resource} ${leadingKeys}`;
  return {
    statusCode: 400,
    headers: { "content-type": "application/x-amz-json-1.0", "x-amzn-errortype": name },
    body: Readable.from([Buffer.from(JSON.stringify({ __type: name, message }))]),
  };
}

/** Permissions of a role without which all that it did would have been allowed. */
export function unusedOf({ policy, needs }: Role): readonly string[] {
  return partsOf(policy)
    .filter(({ without }) => needs.every((need) => allows(without, need)))
    .map(({ name }) => name);
}
