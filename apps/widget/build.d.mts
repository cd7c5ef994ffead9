import type { BuildOptions } from "esbuild"

export declare const maxGzippedBytes: number
export declare const widget: BuildOptions & { readonly outfile: string }
export declare const demo: BuildOptions & { readonly outfile: string }
export declare const gzippedBytes: (file: string) => number
export declare const settings: BuildOptions & { readonly outfile: string }
