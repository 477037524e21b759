import type { Need } from "./iam.ts";
import type { Account, SdkRequest } from "./needs.ts";

/**
 * What a request to the data plane of IoT Core needs.
 *
 * @see https://docs.aws.amazon.com/iot/latest/developerguide/iot-action-resources.html
 */
export function iotNeeds({ region, account }: Account, request: SdkRequest): readonly Need[] {
  const { method, path } = request;
  const [, kind, name = "", below = ""] =
    /^\/(topics|connections)\/([^/]+)(\/messages)?$/.exec(path) ?? [];
  const need = (action: string, resource: string): readonly Need[] => [
    { action, resource: `arn:aws:iot:${region}:${account}:${resource}` },
  ];
  switch (`${method} ${kind}${below}`) {
    case "POST topics":
      return need("iot:Publish", `topic/${decodeURIComponent(name)}`);
    case "POST connections/messages":
      return need("iot:SendDirectMessage", `client/${decodeURIComponent(name)}`);
    case "DELETE connections":
      return need("iot:DeleteConnection", `client/${decodeURIComponent(name)}`);
    default:
      throw new Error(`nobody has looked up what ${method} ${path} needs`);
  }
}

/**
 * What a publish to an Event API needs: a channel is known to IAM by its namespace, its first segment.
 *
 * @see https://docs.aws.amazon.com/service-authorization/latest/reference/list_awsappsync.html
 */
export function eventPublishNeeds({ region, account }: Account, body: string): readonly Need[] {
  const { channel } = JSON.parse(body) as { readonly channel: string };
  const [namespace] = channel.split("/").filter((segment) => segment !== "");
  const resource = `arn:aws:appsync:${region}:${account}:apis/local/channelNamespace/${namespace}`;
  return [{ action: "appsync:EventPublish", resource }];
}
