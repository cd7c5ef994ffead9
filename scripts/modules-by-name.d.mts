import type { Plugin } from "esbuild"

export declare const byName: (source: string) => string
export declare const modulesByName: Plugin
