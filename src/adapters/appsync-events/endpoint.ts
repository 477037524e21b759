import { InvalidEndpointError } from "../../errors.ts";

/**
 * The URL that events are posted to.
 *
 * @param url - the API's HTTP endpoint, with or without `/event`
 * @throws {@link InvalidEndpointError} when it is no `https:` or `http:` URL, or has more than a host and `/event`
 */
export function publishUrl(url: string): URL {
  if (typeof url !== "string" || !URL.canParse(url)) {
    throw new InvalidEndpointError(
      `url "${url}" is not a URL. Give the Event API's HTTP endpoint, for example https://a1b2c3d4e5.appsync-api.eu-central-1.amazonaws.com/event`,
    );
  }
  const { protocol, username, password, search, hash, host, pathname } = new URL(url);
  if (protocol === "wss:" || protocol === "ws:" || host.includes(".appsync-realtime-api.")) {
    throw new InvalidEndpointError(
      `url "${protocol}//${host}" is the clients' address. Events are published to the HTTP endpoint of the same API, https://….appsync-api.…`,
    );
  }
  const isHttp = protocol === "https:" || protocol === "http:";
  const isEvent = ["", "/event"].includes(pathname.replace(/\/+$/, ""));
  if (!isHttp || !isEvent || `${username}${password}${search}${hash}` !== "") {
    throw new InvalidEndpointError(
      `url "${protocol}//${host}${pathname}" must be an https URL of a host alone, or of a host and /event`,
    );
  }
  return new URL(`${protocol}//${host}/event`);
}
