/**
 * What Wicara knows of languages.
 *
 * @since 0.1.0
 */
export * as Fold from "./Fold.ts"
export * as Stem from "./Stem.ts"
export * as StopWords from "./StopWords.ts"
