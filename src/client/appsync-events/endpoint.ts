import { BrokerRefusedError } from "../../errors/broadcast.ts";

/** Where clients connect. */
export interface RealtimeEndpoint {
  /** For example `wss://….appsync-realtime-api.eu-central-1.amazonaws.com/event/realtime`. */
  readonly url: string;
  /** What they write as `host` into their authorization: the HTTP endpoint's. */
  readonly host: string;
}

const AWS_HOST = /^([a-z0-9]+)\.appsync-(?:realtime-)?api\.([a-z0-9-]+\.amazonaws\.com(?:\.cn)?)$/;

/**
 * Finds the realtime endpoint of an Event API. Behind a custom domain both endpoints have the same host.
 *
 * @param url - of either endpoint, with or without its path
 * @throws {@link BrokerRefusedError} for what is none
 */
export function realtimeEndpoint(url: string | undefined): RealtimeEndpoint {
  if (url === undefined) {
    throw new BrokerRefusedError(
      "No url of the Event API is known. Give it to appsyncLink(), or to appsync() on the server, which hands it out with grants.",
    );
  }
  if (!URL.canParse(url) || !/^(https?|wss?):$/.test(new URL(url).protocol)) {
    throw new BrokerRefusedError(
      `"${url}" is no URL of an Event API, as https://….appsync-api.eu-central-1.amazonaws.com/event is.`,
    );
  }
  const { protocol, host } = new URL(url);
  const scheme = protocol === "https:" || protocol === "wss:" ? "wss" : "ws";
  const [, api, domain] = AWS_HOST.exec(host) ?? [];
  if (api === undefined) return { url: `${scheme}://${host}/event/realtime`, host };
  return {
    url: `${scheme}://${api}.appsync-realtime-api.${domain}/event/realtime`,
    host: `${api}.appsync-api.${domain}`,
  };
}
