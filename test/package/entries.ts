const PACKAGE = "trpc-aws-subscriptions";

/** What is wrong with a changeset, which becomes an entry of the changelog as it is. */
export function entryProblems(changeset: string): readonly string[] {
  const parts = /^---\n"([^"]*)": (\w+)\n---\n(.*)$/s.exec(changeset);
  if (parts === null) return ["has no front matter"];
  const [, name, bump = "", text = ""] = parts;
  return [
    ...(name === PACKAGE ? [] : ["names another package"]),
    ...(["major", "minor", "patch"].includes(bump) ? [] : ["is neither major, minor nor patch"]),
    ...(/^[A-Z`].*\.$/s.test(text.trim()) ? [] : ["is no sentence"]),
  ];
}
