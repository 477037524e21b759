import type { Post } from "trpc-aws-subscriptions/testing";

/** A request that a client sent. */
export interface Sent {
  readonly connectionId: string;
  readonly id: string | number;
  readonly method: string;
  /** Requests that were sent before it. */
  readonly sentBefore: number;
  /** Posts that were there before. */
  readonly postsBefore: number;
}

/** What clients and their sockets have seen. */
export interface Seen {
  readonly open: readonly string[];
  readonly sent: readonly Sent[];
  readonly posts: readonly Post[];
}

/** What a client knows of one of its requests. */
export interface Known extends Sent {
  /** Frames with its id, in order. */
  readonly frames: readonly Frame[];
  readonly isOpen: boolean;
  readonly isStarted: boolean;
  /** An error or `stopped` came. */
  readonly isOver: boolean;
  /** Its client asked for the end. */
  readonly isStopSent: boolean;
  /** Its id was in use. */
  readonly isSecond: boolean;
}

/** A frame of the server. */
export interface Frame {
  readonly result?: { readonly type: string; readonly data?: unknown };
  readonly error?: { readonly data: { readonly code: string } };
}

/** The clients' side of API Gateway. */
export class Sockets {
  readonly open = new Set<string>();
  #sent: Sent[] = [];
  #posts: Post[] = [];

  /** A frame goes to API Gateway. */
  send(connectionId: string, frame: unknown): void {
    for (const { id, method } of [frame].flat() as Partial<Sent>[]) {
      if (id === undefined || method === undefined) continue;
      const [sentBefore, postsBefore] = [this.#sent.length, this.#posts.length];
      this.#sent.push({ connectionId, id, method, sentBefore, postsBefore });
    }
  }

  /** A post arrives. @returns the status of API Gateway's answer */
  receive(post: Post): number {
    if (!this.open.has(post.connectionId)) return 410;
    this.#posts.push(post);
    return 200;
  }

  /** Whether a frame can reach `connection/id`. */
  isOpenFor(name: string): boolean {
    return [...this.open].some((connectionId) => name.startsWith(`${connectionId}/`));
  }

  get seen(): Seen {
    return { open: [...this.open], sent: [...this.#sent], posts: [...this.#posts] };
  }

  /** Everything is again as it was. */
  reset({ open, sent, posts }: Seen): void {
    this.open.clear();
    for (const connectionId of open) this.open.add(connectionId);
    this.#sent = [...sent];
    this.#posts = [...posts];
  }

  /** What was posted since. */
  postsSince({ posts }: Seen): readonly Post[] {
    return this.#posts.slice(posts.length);
  }

  /** Queries and subscriptions that were sent, each as its client sees it; of one id the last. */
  known(): readonly Known[] {
    const requests = this.#sent.filter(({ method }) => method !== STOP);
    return [...new Map(requests.map((one) => [nameOf(one), one])).values()].map((one) =>
      this.#know(one),
    );
  }

  #know(one: Sent): Known {
    const { connectionId, id, postsBefore } = one;
    const frames = framesOf(this.#posts.slice(postsBefore), connectionId, id);
    const same = this.#sent.filter((other) => nameOf(other) === nameOf(one));
    return {
      ...one,
      frames,
      isOpen: this.open.has(connectionId),
      isStarted: frames.some(({ result }) => result?.type === "started"),
      isOver: frames.some(isLast),
      isStopSent: same.at(-1)?.method === STOP,
      isSecond: same.at(-2)?.method === one.method,
    };
  }
}

const STOP = "subscription.stop";

/** `connection/id`. */
export function nameOf({ connectionId, id }: Pick<Sent, "connectionId" | "id">): string {
  return `${connectionId}/${id}`;
}

/** Nothing comes after it. */
function isLast({ error, result }: Frame): boolean {
  return error !== undefined || result?.type === "stopped";
}

/** `connection/id` of everybody to whom this was posted, as often as it was. */
export function receiversOf(posts: readonly Post[], data: unknown): readonly string[] {
  return posts.flatMap(({ connectionId, frame }) => {
    const { id, result } = JSON.parse(frame);
    return result?.type === "data" && result.data === data ? [`${connectionId}/${id}`] : [];
  });
}

function framesOf(posts: readonly Post[], connectionId: string, id: Sent["id"]): readonly Frame[] {
  return posts
    .filter((post) => post.connectionId === connectionId && post.frame !== "PONG")
    .map(({ frame }) => JSON.parse(frame))
    .filter((frame) => frame.id === id);
}
