import { QueryClientProvider } from "@tanstack/react-query";
import { ToastProvider } from "../toasts/ToastProvider.tsx";
import type { Clients } from "./clients.ts";
import { SignedIn } from "./SignedIn.tsx";
import { InspectorProvider, TRPCProvider } from "./trpc.ts";
import { Workspace } from "./Workspace.tsx";

export function App({ clients, userId }: { readonly clients: Clients; readonly userId: string }) {
  const { trpc, inspector, queries, webSocket } = clients;
  return (
    <QueryClientProvider client={queries}>
      <TRPCProvider trpcClient={trpc} queryClient={queries}>
        <InspectorProvider trpcClient={inspector} queryClient={queries}>
          <ToastProvider>
            <SignedIn userId={userId}>
              <Workspace userId={userId} webSocket={webSocket} />
            </SignedIn>
          </ToastProvider>
        </InspectorProvider>
      </TRPCProvider>
    </QueryClientProvider>
  );
}
