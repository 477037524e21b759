/** Somebody who may use the board. */
export interface User {
  readonly id: string;
  readonly name: string;
}

export const users = [
  { id: "ada", name: "Ada" },
  { id: "grace", name: "Grace" },
  { id: "alan", name: "Alan" },
  { id: "hedy", name: "Hedy" },
] as const satisfies readonly User[];

/** Stands for verifying a token: `<id>-token` makes you that user. */
export function userOfToken(token: string | undefined): User | undefined {
  return users.find(({ id }) => token === `${id}-token`);
}

export function userName(userId: string): string {
  return users.find(({ id }) => id === userId)?.name ?? userId;
}
