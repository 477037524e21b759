import type { ReactNode } from "react";

interface NoticeProps {
  readonly title: string;
  readonly children?: ReactNode;
  readonly action?: { readonly text: string; run(): unknown };
}

/** Says why there is nothing else to see here. */
export function Notice({ title, children, action }: NoticeProps) {
  return (
    <div className="notice">
      <h2>{title}</h2>
      <div className="notice-text">{children}</div>
      {action !== undefined && (
        <button type="button" className="button" onClick={() => action.run()}>
          {action.text}
        </button>
      )}
    </div>
  );
}
