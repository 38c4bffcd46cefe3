/// <reference types="vite/client" />
import type { InterfaceLanguage } from '#lib/i18n/languages.ts';
import type { NodeHandle } from '#lib/server/handle.ts';

declare global {
  namespace App {
    interface Locals {
      /** The one node of this process. */
      node: NodeHandle;
      language: InterfaceLanguage;
    }
    interface Platform {
      /** Under `npm run dev`. */
      node?: NodeHandle;
      /** In the built node: adapter-node's request, which the composition root hangs the node on. */
      req?: import('node:http').IncomingMessage & { perigee?: NodeHandle };
    }
    interface Error {
      message: string;
      code?: string;
    }
  }
}

export {};
