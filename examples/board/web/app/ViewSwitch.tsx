/** What a narrow window shows; a wide one shows both. */
export type View = "board" | "panel";

const views = [
  { id: "board", text: "Board" },
  { id: "panel", text: "Under the hood" },
] as const;

export function ViewSwitch(props: { readonly view: View; onView(view: View): void }) {
  return (
    <nav className="view-switch" aria-label="View">
      {views.map(({ id, text }) => (
        <button
          key={id}
          type="button"
          aria-pressed={props.view === id}
          onClick={() => props.onView(id)}
        >
          {text}
        </button>
      ))}
    </nav>
  );
}
