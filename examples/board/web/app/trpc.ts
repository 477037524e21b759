import { createTRPCContext } from "@trpc/tanstack-react-query";
import type { InspectorRouter } from "../../local/inspectorRouter.ts";
import type { AppRouter } from "../../src/router.ts";

export const { TRPCProvider, useTRPC } = createTRPCContext<AppRouter>();

export const { TRPCProvider: InspectorProvider, useTRPC: useInspector } =
  createTRPCContext<InspectorRouter>();
