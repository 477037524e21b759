import { useToasts } from "./ToastProvider.tsx";

/** Messages in the corner, newest last; they stay until they are dismissed. */
export function Toasts() {
  const { toasts, dismiss } = useToasts();
  return (
    <section className="toasts" aria-label="Messages" aria-live="polite">
      {toasts.map(({ id, kind, title, text }) => (
        <article key={id} className="toast" data-kind={kind}>
          <div>
            <h2>{title}</h2>
            <p>{text}</p>
          </div>
          <button
            type="button"
            className="icon-button"
            aria-label={`Dismiss: ${text}`}
            onClick={() => dismiss(id)}
          >
            ×
          </button>
        </article>
      ))}
    </section>
  );
}
