const DEFAULT_USER_ID = "ada";

/** Who this tab is, by the `user` of its address. */
export function addressedUserId(): string {
  return new URLSearchParams(location.search).get("user") ?? DEFAULT_USER_ID;
}

/** Address of the page as somebody else. */
export function addressOf(userId: string): string {
  return `?${new URLSearchParams({ user: userId })}`;
}
