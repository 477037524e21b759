/**
 * The events client of AWS Amplify in a process of its own, since it takes its WebSocket from the global scope. Each message
 * from the parent is a command with an id; answers carry it, events name their subscription.
 */
import { Amplify } from "aws-amplify";
import { events } from "aws-amplify/data";
import { WebSocket } from "ws";

const { endpoint, authMode, isPlain, apiKey, credentials } = JSON.parse(process.argv[2]);
const opened = [];

// Amplify asks for wss whatever its endpoint is.
globalThis.WebSocket = class extends WebSocket {
  constructor(url, subprotocols) {
    opened.push(String(url));
    super(isPlain ? String(url).replace(/^wss:/, "ws:") : url, subprotocols);
  }
};

Amplify.configure(
  { API: { Events: { endpoint, region: "us-east-1", defaultAuthMode: authMode, apiKey } } },
  {
    Auth: {
      credentialsProvider: {
        getCredentialsAndIdentityId: async () => ({ credentials }),
        clearCredentialsAndIdentityId: () => undefined,
      },
    },
  },
);

const channels = new Map();

const commands = {
  async subscribe({ name, channel, authToken }) {
    const options = authToken === undefined ? undefined : { authToken };
    const connected = await events.connect(channel, options);
    const subscription = connected.subscribe(
      {
        next: ({ event }) => process.send({ name, event }),
        // A refusal rejects `ready` as well.
        error: () => undefined,
      },
      options,
    );
    channels.set(name, { channel: connected, subscription });
    await subscription.ready;
  },
  async publish({ name, event, authToken }) {
    const options = authToken === undefined ? undefined : { authToken };
    return channels.get(name).channel.publish(event, options);
  },
  post: ({ channel, event, authToken }) =>
    events.post(channel, event, authToken === undefined ? undefined : { authToken }),
  unsubscribe: async ({ name }) => channels.get(name).subscription.unsubscribe(),
  opened: async () => opened,
};

process.on("message", async ({ id, command, ...options }) => {
  try {
    process.send({ id, result: (await commands[command](options)) ?? null });
  } catch (error) {
    process.send({ id, failure: String(error?.message ?? error) });
  }
});
process.on("disconnect", () => process.exit());
process.send({ ready: true });
