import type { IncomingMessage } from "node:http";
import type { WebSocket } from "ws";
import { startTimer } from "../../gateway/timer.ts";
import {
  type Authorization,
  arnOf,
  authorize,
  authorizerEvent,
  authorizerName,
} from "./authorizer.ts";
import type { Broker } from "./broker.ts";
import { MqttAnswers } from "./mqttAnswers.ts";
import { type ClientPacket, ClientPackets, type ConnectPacket } from "./mqttPackets.ts";
import { isAllowed } from "./policy.ts";
import { Session } from "./session.ts";

/** Not authorized, in MQTT 3.1.1 (§3.2.2.3) and MQTT 5 (§3.2.2.2). */
const NOT_AUTHORIZED = { 4: 5, 5: 0x87 };

/** One socket: its first packet is a CONNECT that has to pass, what follows is its session's. */
export class Handshake {
  readonly #broker: Broker;
  readonly #socket: WebSocket;
  readonly #request: IncomingMessage;
  readonly #packets = new ClientPackets();
  readonly #waiting: ClientPacket[] = [];
  readonly #timers = new Set<NodeJS.Timeout | undefined>();
  #session: Session | undefined;
  #hasConnect = false;

  constructor(broker: Broker, socket: WebSocket, request: IncomingMessage) {
    this.#broker = broker;
    this.#socket = socket;
    this.#request = request;
  }

  /** Bytes came. Resolves when what they brought is done; rejects only for a defect. */
  async receive(data: Buffer): Promise<void> {
    try {
      for (const packet of this.#packets.read(data)) {
        if (this.#session !== undefined) this.#session.take(packet);
        else if (this.#hasConnect) this.#waiting.push(packet);
        else await this.#first(packet);
      }
    } catch {
      this.#session?.end("CLIENT_ERROR", 0x81);
      this.#socket.close();
    }
  }

  /** The socket closed. */
  closed(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#session?.end("CONNECTION_LOST", 0);
  }

  async #first(packet: ClientPacket): Promise<void> {
    this.#hasConnect = true;
    if (packet.type !== "connect") {
      this.#socket.close();
      return;
    }
    const admission = await this.#admit(packet);
    if ("refusal" in admission) {
      this.#refuse(packet, admission.refusal);
      return;
    }
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    const session = new Session(this.#broker, this.#socket, { packet, authorization: admission });
    this.#session = session;
    this.#broker.connected(session);
    this.#expire(session, packet);
    for (const waiting of this.#waiting) session.take(waiting);
  }

  async #admit(packet: ConnectPacket): Promise<Authorization | { readonly refusal: string }> {
    const { version, clientId } = packet;
    if (version !== 4 && version !== 5) return { refusal: `MQTT of version ${version}` };
    if (clientId === "") return { refusal: "no client id" };
    const answer = await this.#authorize(packet);
    if ("refusal" in answer) return answer;
    return isAllowed(answer.policyDocuments, "iot:Connect", arnOf("client", clientId))
      ? answer
      : { refusal: `the policy does not allow client "${clientId}"` };
  }

  async #authorize(packet: ConnectPacket): Promise<Authorization | { readonly refusal: string }> {
    const name = authorizerName(this.#request, packet) ?? "";
    const authorizer = this.#broker.settings.authorizers[name];
    if (authorizer === undefined) return { refusal: `there is no authorizer "${name}"` };
    return authorize(authorizer, authorizerEvent(this.#request, packet));
  }

  #refuse({ version, clientId }: ConnectPacket, reason: string): void {
    this.#socket.send(new MqttAnswers(version).connack(NOT_AUTHORIZED[version === 5 ? 5 : 4]));
    this.#socket.close();
    this.#broker.settings.onEvent({ type: "connectRefused", clientId, reason });
  }

  /** What an authorizer said holds for a while: then it is asked again, or the connection ends. */
  #expire(session: Session, packet: ConnectPacket): void {
    const { secondMs } = this.#broker.settings;
    const { disconnectAfterInSeconds, refreshAfterInSeconds } = session.authorization;
    this.#timers.add(
      startTimer(disconnectAfterInSeconds * secondMs, () =>
        session.end("CUSTOMAUTH_TTL_EXPIRATION", 0xa0),
      ),
    );
    const refresh = async (): Promise<void> => {
      const answer = await this.#authorize(packet);
      if (session.isOver) return;
      if ("refusal" in answer) session.end("AUTH_ERROR", NOT_AUTHORIZED[5]);
      else {
        session.authorization = answer;
        later(answer);
      }
    };
    const later = (authorization: Pick<Authorization, "refreshAfterInSeconds">): void => {
      const delayMs = authorization.refreshAfterInSeconds * secondMs;
      this.#timers.add(startTimer(delayMs, () => this.#broker.run(refresh)));
    };
    later({ refreshAfterInSeconds });
  }
}
