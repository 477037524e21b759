import { createContext, type ReactNode, use, useMemo, useState } from "react";

export interface Toast {
  readonly id: string;
  readonly kind: "private" | "problem";
  readonly title: string;
  readonly text: string;
}

interface ToastBox {
  readonly toasts: readonly Toast[];
  /** Shows a toast; one that is shown already is not shown twice. */
  show(toast: Toast): void;
  dismiss(id: string): void;
}

const MAX_TOASTS = 4;

const ToastContext = createContext<ToastBox | undefined>(undefined);

export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const box = useMemo(
    () => ({
      toasts,
      show: (toast: Toast) =>
        setToasts((shown) =>
          [...shown.filter(({ id }) => id !== toast.id), toast].slice(-MAX_TOASTS),
        ),
      dismiss: (id: string) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    }),
    [toasts],
  );
  return <ToastContext value={box}>{children}</ToastContext>;
}

export function useToasts(): ToastBox {
  const box = use(ToastContext);
  if (box === undefined) throw new Error("useToasts() outside of ToastProvider");
  return box;
}
