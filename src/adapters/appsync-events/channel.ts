import { LONGEST_TOPIC_LEVELS, type TopicLevels } from "../../broadcast/broker.ts";
import { TopicNameError } from "../../errors/broadcast.ts";
import { BuilderError } from "../../errors.ts";
import { canonicalChannel, channelProblem } from "../../protocol/appSyncEvents.ts";

/**
 * How channels are named below a namespace: `/<namespace>/<route>/<audience>/<tag>`.
 *
 * @param namespace - the channel namespace, and at most one segment more, for example `myapp/eu`
 * @throws {@link TopicNameError} for one that AppSync does not take, or that leaves no room for the rest
 */
export function channelNames(namespace: string): (levels: TopicLevels) => string {
  if (typeof namespace !== "string" || namespace === "") {
    throw new BuilderError("appsync(): namespace is missing; it is that of the Event API.");
  }
  const prefix = canonicalChannel(namespace);
  const name = ({ route, audience, tag }: TopicLevels): string => {
    const channel = [prefix, route, audience, tag].join("/");
    const problem = channelProblem(channel, { wildcard: false });
    if (problem === undefined) return channel;
    throw new TopicNameError(channel, `${problem}. Give appsync() another namespace.`);
  };
  name(LONGEST_TOPIC_LEVELS);
  return name;
}
